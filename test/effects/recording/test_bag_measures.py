from pathlib import Path

import pytest

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.effects.recording import bag_measures
from flywheel_nodes.effects.recording.bag_measures import measure
from flywheel_nodes.effects.recording.snippet_folder import Form
from test.effects.recording.snippets import WALL
from test.effects.recording.stored import save, SECOND, story, told


def test_times_and_control_are_those_of_the_messages(tmp_path: Path) -> None:
    found = measure(save(tmp_path, told(1), story()))
    assert [(one.start_ns - WALL, one.mode, one.phase) for one in found.control] == [
        (-2 * SECOND, 'policy', 'none'), (0, 'hold', 'none'),
        (SECOND // 5, 'human', 'correction'), (3 * SECOND // 2, 'policy', 'none')]
    assert list(found.times['/r1/joint_states']) == [
        WALL + at for at in range(-2 * SECOND, 2 * SECOND, SECOND // 100)]


def test_without_an_index_the_messages_are_counted(tmp_path: Path) -> None:
    mcap = measure(save(tmp_path, told(1), story()))
    other = save(tmp_path, told(2), story(), Form('sqlite3'))
    assert not bag_measures._indexed(other)
    assert measure(other) == mcap


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = save(tmp_path, told(1), story())
    (folder / f'{folder.name}.mcap').write_bytes(b'nothing')
    with pytest.raises(StorageError):
        measure(folder)
