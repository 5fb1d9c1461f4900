"""Used tokens stay used, across restarts and whatever happened to the file."""

from pathlib import Path
import stat
import time

import pytest

from flywheel_nodes.effects.teleop import used_tokens
from flywheel_nodes.effects.teleop.used_tokens import UsedTokens

SOON = time.time() + 86_400  # the tests may take longer than a token lasts


def test_once_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / 'used'
    before = UsedTokens(path)
    assert before.use('jti', SOON)
    assert not before.use('jti', SOON)
    before.write_down('jti')
    after = UsedTokens(path)
    assert not after.use('jti', SOON)
    assert after.use('other', SOON)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert 'jti' not in path.read_text()


def test_what_has_expired_is_forgotten_and_the_file_shortened(tmp_path: Path) -> None:
    path = tmp_path / 'used'
    one = UsedTokens(path)
    assert one.use('old', time.time() - 1)
    one.write_down('old')
    assert path.read_text()
    assert UsedTokens(path).use('old', SOON)
    assert not path.read_text()


def test_never_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(used_tokens, 'MOST', 3)
    path = tmp_path / 'used'
    one = UsedTokens(path)
    assert one.use('old', time.time() - 1)
    assert [one.use(f'{n}', SOON) for n in range(4)] == [True, True, True, False]
    for _ in range(20):
        one.write_down('1')
        assert len(path.read_text().splitlines()) <= 6
    assert not UsedTokens(path).use('1', SOON)


@pytest.mark.parametrize('content', [
    b'\xff\xfe junk', b'1', b'nan abc\n', b'1e9 abc\n', b'9' * 400 + b' abc\n', b'\x00' * 5000])
def test_a_file_that_is_none_stops_nobody(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'used'
    path.write_bytes(content)
    one = UsedTokens(path)
    assert one.use('abc', SOON)
    one.write_down('abc')
    assert not UsedTokens(path).use('abc', SOON)


def test_a_line_that_a_crash_cut_off_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / 'used'
    one = UsedTokens(path)
    for jti in ('a', 'b'):
        one.use(jti, SOON)
        one.write_down(jti)
    path.write_text(path.read_text()[:-30])
    after = UsedTokens(path)
    assert not after.use('a', SOON)
    assert after.use('b', SOON)


def test_a_disk_that_refuses_is_counted_and_the_token_stays_used(tmp_path: Path) -> None:
    path = tmp_path / 'gone' / 'used'
    one = UsedTokens(path)
    assert one.failed == 1
    assert one.use('jti', SOON)
    one.write_down('jti')
    assert one.failed == 2
    assert not one.use('jti', SOON)
