"""Right passwords are let in and remembered, wrong ones few a second, files read strictly."""

import base64
import hashlib
from pathlib import Path
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.login_attempts import ADDRESS_BURST
from flywheel_nodes.effects.credentials import add, Credentials, hashed, load, Login, Secret


def basic(name: str, password: str) -> str:
    return 'Basic ' + base64.b64encode(f'{name}:{password}'.encode()).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'keys' / 'scrapers'


def test_what_add_gave_out_is_let_in_and_nothing_else(path: Path) -> None:
    password = add(path, 'prometheus')
    other = add(path, 'vmagent')
    assert path.stat().st_mode & 0o777 == 0o600
    assert password not in path.read_text() and other not in path.read_text()
    gate = Credentials(load(path))
    assert gate.check(basic('prometheus', password), 'a', 0) is Login.GOOD
    assert gate.check(basic('vmagent', other), 'a', 0) is Login.GOOD
    assert gate.check(basic('vmagent', password), 'b', 0) is Login.WRONG
    assert gate.check(basic('nobody', password), 'b', 0) is Login.WRONG
    assert gate.check(basic('prometheus', ''), 'b', 0) is Login.WRONG


def test_a_right_password_is_hashed_once_and_wrong_ones_are_few(
        path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    password = add(path, 'prometheus')
    gate = Credentials(load(path))
    hashes: list[bytes] = []
    slow = hashlib.scrypt

    def counted(tried: bytes, **cost: Any) -> bytes:
        hashes.append(tried)
        return slow(tried, **cost)
    monkeypatch.setattr(hashlib, 'scrypt', counted)
    for _ in range(20):
        assert gate.check(basic('prometheus', password), 'a', 0) is Login.GOOD
    assert hashes == [password.encode()]
    found = [gate.check(basic('prometheus', f'guess {n}'), 'a', 0) for n in range(50)]
    assert found.count(Login.TOO_MANY) == 50 - (ADDRESS_BURST - 1)
    assert len(hashes) == ADDRESS_BURST
    assert gate.check(basic('prometheus', password), 'a', 0) is Login.GOOD, 'it is remembered'
    assert gate.check(basic('prometheus', 'x'), 'a', 60 * SECOND) is Login.WRONG


@given(st.one_of(st.text(max_size=50), st.binary(max_size=50).map(
    lambda raw: 'Basic ' + base64.b64encode(raw).decode())))
def test_any_header_is_answered(header: str) -> None:
    gate = Credentials({})
    gate._nobody = Secret(2, 1, 1, b'saltsalt', b'x' * 32)
    assert gate.check(header, 'a', time.monotonic_ns()) is not Login.GOOD


@pytest.mark.parametrize('header', [
    '', 'Basic', 'Basic !!!', 'Bearer abc', 'Basic ' + 'YTpi' * 999,
    'Basic ' + base64.b64encode(b'no colon').decode()])
def test_what_names_nobody_costs_nothing(header: str) -> None:
    gate = Credentials({'a': hashed(b'b')})
    assert {gate.check(header, 'a', 0) for _ in range(100)} == {Login.NEEDED}


GOOD = 'a:' + str(Secret(2, 1, 1, b'saltsalt', b'x' * 32))


@pytest.mark.parametrize(('text', 'says'), [
    ('', '1 to 64 lines are needed, not 0'), ('# nothing\n', 'not 0'),
    ('a:hunter2', ':1: NAME:HASH'), (f'{GOOD}\n:x', ':2: NAME:HASH'), ('a', 'NAME:HASH'),
    (GOOD.replace('scrypt', 'md5'), 'NAME:HASH'), (GOOD.replace('$2$', '$3$'), 'NAME:HASH'),
    (GOOD.replace('$2$', '$1048576$').replace('$1$1$', '$64$1$'), 'NAME:HASH'),
    (GOOD.replace('$1$1$', '$1$0$'), 'NAME:HASH'), (GOOD[:-9], 'NAME:HASH'),
    ('\n'.join(GOOD.replace('a:', f'a{n}:') for n in range(65)), 'not 65')])
def test_a_file_that_holds_anything_else_is_refused_unquoted(text: str, says: str,
                                                             tmp_path: Path) -> None:
    path = tmp_path / 'scrapers'
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as error:
        load(path, 'health_exporter: credentials')
    assert str(error.value).startswith(f'health_exporter: credentials: {path}:')
    assert says in str(error.value)
    assert 'hunter2' not in str(error.value) and '\n' not in str(error.value)


def test_comments_and_blank_lines_are_kept(path: Path) -> None:
    add(path, 'a')
    path.write_text(f'# who may scrape\n\n{path.read_text().strip()}')
    add(path, 'b')
    assert set(load(path)) == {'a', 'b'}
    assert path.read_text().startswith('# who may scrape\n\na:')


def test_who_is_there_is_not_overwritten(path: Path) -> None:
    add(path, 'a')
    with pytest.raises(ConfigError, match='a is not overwritten; remove its line'):
        add(path, 'a')


def test_a_file_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='File name too long'):
        add(tmp_path / ('x' * 300), 'a')


@pytest.mark.parametrize('name', ['', 'a:b', 'a b', 'ä', 'x' * 65, 'a\n'])
def test_names_are_plain(name: str, path: Path) -> None:
    with pytest.raises(ConfigError, match='letters, digits'):
        add(path, name)


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    add(path, 'a')
    path.chmod(0o644)
    with pytest.raises(ConfigError, match='can be read by others: chmod 600'):
        load(path)
