"""Secrets lie in files that others cannot read, whole or not at all."""

import os
from pathlib import Path

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.private_file import check_private, replace_private
from test.unprivileged import unprivileged


def test_it_is_for_its_owner_only_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / 'keys' / 'secret'
    for content in ('first', 'second'):
        replace_private(path, content)
        check_private(path, 'who')
        assert path.read_text() == content
        assert path.stat().st_mode & 0o777 == 0o600
        assert [one.name for one in path.parent.iterdir()] == ['secret']


def test_it_stays_with_its_owner_and_group(tmp_path: Path) -> None:
    path = tmp_path / 'secret'
    path.write_text('first')
    path.chmod(0o640)
    if os.getuid() == 0:
        os.chown(path, 1234, 4321)
    before = path.stat()
    replace_private(path, 'second')
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid, before.st_gid, before.st_mode)


@pytest.mark.parametrize('mode', [0o604, 0o602, 0o644])
def test_what_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / 'secret'
    path.touch()
    path.chmod(mode)
    with pytest.raises(ConfigError) as error:
        check_private(path, 'who')
    assert str(error.value) == f'who: {path} can be read by others: chmod 600 {path}'


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'^who: .*none: No such file'):
        check_private(tmp_path / 'none', 'who')


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'^who: .*: File name too long$'):
        check_private(tmp_path / ('x' * 300), 'who')


def test_what_lies_where_one_may_not_enter_is_told() -> None:
    with unprivileged(0o600) as folder, pytest.raises(
            ConfigError, match=r'^who: .*: Permission denied$'):
        check_private(folder / 'secret', 'who')


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'^who: .*: not a regular file$'):
        check_private(tmp_path, 'who')


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / 'secret' / 'in the way').mkdir(parents=True)
    with pytest.raises(OSError, match='directory'):
        replace_private(tmp_path / 'secret', 'x')
    assert [one.name for one in tmp_path.iterdir()] == ['secret']
