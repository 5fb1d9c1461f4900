import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.effects.recording.snippet_folder import (
    erase,
    read_label,
    snippet_name,
    SnippetRoot,
)
from test.effects.recording.snippets import label


def test_a_name_sorts_by_time_and_ends_as_rosbag2_expects() -> None:
    name = snippet_name(1_795_301_340 * 10**9, 'husky', 'policy_alarm',
                        '019a0000-0000-7000-8000-0000deadbeef')
    assert name == '2026-11-21T22-49-00Z_husky_policy-alarm_deadbeef_0'


@given(st.text(), st.text())
def test_a_name_is_one_folder_whatever_the_robot_is_called(robot: str, trigger: str) -> None:
    name = snippet_name(0, robot, trigger, '0' * 32)
    assert Path(name).name == name and not name.startswith('.')
    assert len(name.split('_')) == 5


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    first = root.publish(root.stage('a_0', label()))
    (first / 'kept').touch()
    second = root.stage('a_0', label())
    with pytest.raises(StorageError, match='not overwritten'):
        root.publish(second)
    assert (first / 'kept').exists()
    assert root.staged() == [second]


def test_a_link_is_no_snippet_of_its_own(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    real = root.publish(root.stage('a_0', label()))
    (root.path / 'latest').symlink_to(real)
    assert root.published() == [real]
    erase(root.discard('latest'))
    assert list(real.iterdir()) and not root.trashed()


def test_the_folders_survive_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []

    def fsync(handle: int) -> None:
        synced.append(Path(f'/proc/self/fd/{handle}').readlink())
        done(handle)

    done = os.fsync
    monkeypatch.setattr(os, 'fsync', fsync)
    root = SnippetRoot(tmp_path / 'robots' / 'r1')
    root.prepare()
    assert {tmp_path, tmp_path / 'robots', tmp_path / 'robots' / 'r1', root.path} == set(synced)
    synced.clear()
    root.prepare()
    assert synced == []


@pytest.mark.parametrize('content', [None, '{}', '\udcff'])
def test_a_label_that_does_not_read_is_told_in_one_line(tmp_path: Path,
                                                        content: str | None) -> None:
    if content is not None:
        (tmp_path / 'snippet.json').write_text(content, errors='surrogateescape')
    with pytest.raises(StorageError, match=r'snippet\.json') as error:
        read_label(tmp_path)
    assert '\n' not in str(error.value)
