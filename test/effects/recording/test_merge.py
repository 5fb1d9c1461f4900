from dataclasses import replace
from pathlib import Path

from mcap.reader import make_reader
import pytest
from rosbags.highlevel import AnyReader

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import RobotInfo
from flywheel_nodes.core.recording.latched import Held
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording.merge import Merge
from flywheel_nodes.effects.recording.snippet_folder import read_label, read_state, write_state
from flywheel_nodes.effects.recording.verification import verify
from test.effects.recording.snippets import MONO, record, text, WALL
from test.effects.recording.stored import save, SECOND, story, told

FRAME = Held(b'\1', record(-9 * SECOND, text('frame'), channel=2))


def overlapping(data_dir: Path) -> list[Path]:
    everything = story(-2.0, 4.0)
    first = [one for one in everything if one.mono_ns < MONO + SECOND]
    second = [one for one in everything if one.mono_ns >= MONO - SECOND]
    return [save(data_dir, told(1, last_s=1.0), first, state=(FRAME,)),
            save(data_dir, told(2, first_s=-1.0, last_s=4.0), second, state=(FRAME,))]


def test_overlaps_are_in_it_once_and_in_order(tmp_path: Path) -> None:
    folders = overlapping(tmp_path)
    merge, out = Merge(folders), tmp_path / 'merged_0'
    steps: list[int] = []
    label = merge.write(out, steps.append)
    everything = story(-2.0, 4.0)
    assert label == read_label(out) and verify(out) == []
    assert label.messages == len(everything) + 1 == len(steps)
    assert merge.dropped == sum(one.messages for one in merge.labels) - label.messages
    assert label.sources == tuple(read_label(folder).id for folder in folders)
    with (out / 'merged_0.mcap').open('rb') as file:
        stamps = [message.log_time for _, channel, message in make_reader(
            file, validate_crcs=True).iter_messages() if channel.topic == '/r1/joint_states']
    assert stamps == [WALL + at for at in range(-2 * SECOND, 4 * SECOND, SECOND // 100)]
    with AnyReader([out]) as reader:
        assert reader.message_count == label.messages


def test_equal_messages_of_one_snippet_all_stay(tmp_path: Path) -> None:
    same = [record(0, text('x'), channel=2)] * 3
    folder = save(tmp_path, told(1), same)
    assert Merge([folder]).write(tmp_path / 'out', lambda done: None).messages == 3


def test_what_was_judged_stays_known(tmp_path: Path) -> None:
    folders = overlapping(tmp_path)
    for folder in folders:
        write_state(folder, State(pinned=True, judged={'i': True, folder.name: False}))
    Merge(folders).write(tmp_path / 'out', lambda done: None)
    assert read_state(tmp_path / 'out') == State(
        judged={'i': True, **{folder.name: False for folder in folders}})


def test_nothing_is_left_behind_by_a_damaged_one(tmp_path: Path) -> None:
    folders = overlapping(tmp_path)
    path = folders[1] / f'{folders[1].name}.mcap'
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(bytes(data))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StorageError, match='damaged'):
        Merge(folders).write(tmp_path / 'out', lambda done: None)
    assert sorted(tmp_path.iterdir()) == before


def test_two_robots_do_not_merge(tmp_path: Path) -> None:
    folders = [save(tmp_path, told(1), story()),
               save(tmp_path, replace(told(2), robot=RobotInfo('other')), story())]
    with pytest.raises(StorageError, match='other and sim'):
        Merge(folders)
