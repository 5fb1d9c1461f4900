"""What was written is read back by readers that know nothing of us."""

from dataclasses import replace
from itertools import pairwise
import json
from pathlib import Path

from mcap.reader import make_reader
import pytest
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
import yaml

from flywheel_nodes.core.recording.label import EventInfo, from_json
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.effects.recording.snippet_folder import (
    broken,
    complete,
    LABEL,
    read_label,
    STATE,
)
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter
from test.effects.recording.snippets import (
    joint_state,
    label,
    MONO,
    record,
    records,
    SOURCES,
    text,
    Topic,
    WALL,
)

HOUR = 3600 * 10**9


def write(tmp_path: Path, compression: str = 'zstd') -> Path:
    begun = label()
    folder = tmp_path / begun.name
    folder.mkdir()
    writer = SnippetWriter(folder / f'{begun.name}.mcap', SOURCES, compression, WALL - MONO)
    writer.write([record(-HOUR, text('frames'), channel=2)], at_ns=WALL)
    writer.write(records(1000))
    event = EventInfo('e', 'policy_alarm', 'error', 'it stands still', 'policy_monitor',
                      WALL + 1_500_000_000, 0)
    complete(folder, writer, replace(begun, events=(event,)))
    return folder


@pytest.mark.parametrize('compression', ['zstd', 'lz4', 'none'])
def test_rosbags_reads_equal_bytes(tmp_path: Path, compression: str) -> None:
    folder = write(tmp_path, compression)
    with AnyReader([folder]) as reader:
        found = [(c.topic, at, bytes(data)) for c, at, data in reader.messages()]
        decoded = [reader.deserialize(data, c.msgtype) for c, _, data in reader.messages()]
    assert found[0] == ('/tf_static', WALL, text('frames'))
    assert found[1:] == [('/r1/joint_states', one.received_ns, one.data) for one in records(1000)]
    assert decoded[0].data == 'frames'
    assert [one.position[0] for one in decoded[1:]] == list(range(1000))


def test_mcap_reads_what_rosbags_does_not_look_at(tmp_path: Path) -> None:
    folder = write(tmp_path)
    path = folder / f'{folder.name}.mcap'
    with path.open('rb') as file:
        reader = make_reader(file, validate_crcs=True)
        assert reader.get_header().profile == 'ros2'
        found = [(channel.topic, message.log_time, message.publish_time, message.sequence)
                 for _, channel, message in reader.iter_messages(topics=['/r1/joint_states'])]
        summary = reader.get_summary()
        inside = {one.name: one.metadata for one in reader.iter_metadata()}
    assert found == [('/r1/joint_states', one.received_ns, one.source_ns, one.sequence)
                     for one in records(1000)]
    assert summary is not None
    channel = next(c for c in summary.channels.values() if c.topic == '/tf_static')
    assert channel.metadata['topic_type_hash'] == msgdefs.type_hash('std_msgs/msg/String')
    offered = yaml.safe_load(channel.metadata['offered_qos_profiles'])
    assert [one['durability'] for one in offered] == ['transient_local', 'volatile']
    assert from_json(inside['flywheel.snippet']['label']).id == label().id
    assert inside['flywheel.snippet']['trigger'] == 'policy_alarm'
    assert inside['flywheel.events'] == {'0000 +1.500 s policy_alarm': 'it stands still'}
    stored = yaml.safe_load(inside['rosbag2']['serialized_metadata'])
    assert stored['message_count'] == 1001


def test_metadata_has_qos_hashes_and_the_label_in_short(tmp_path: Path) -> None:
    folder = write(tmp_path)
    with Reader(folder) as reader:
        static = next(c for c in reader.connections if c.topic == '/tf_static')
        assert static.digest == msgdefs.type_hash('std_msgs/msg/String')
        assert [q.durability.name for q in static.ext.offered_qos_profiles] == [
            'TRANSIENT_LOCAL', 'VOLATILE']
        assert (reader.start_time, reader.message_count) == (WALL, 1001)
    content = yaml.safe_load((folder / 'metadata.yaml').read_text())
    info = content['rosbag2_bagfile_information']
    assert info['version'] == 9
    assert info['custom_data']['trigger'] == 'policy_alarm'


def test_the_label_tells_the_files_and_a_changed_one_is_found(tmp_path: Path) -> None:
    folder = write(tmp_path)
    found = read_label(folder)
    assert [file.path for file in found.files] == [f'{folder.name}.mcap', 'metadata.yaml']
    assert broken(folder, found) == ''
    assert json.loads((folder / STATE).read_text())['pinned'] is False
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [f'{folder.name}.mcap', 'metadata.yaml', LABEL, STATE])
    path = folder / f'{folder.name}.mcap'
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert 'is not what its hash says' in broken(folder, found)


@pytest.mark.parametrize('jump', [HOUR, -HOUR])
def test_a_jump_of_the_wall_clock_does_not_tear_the_snippet(tmp_path: Path, jump: int) -> None:
    jumped = [one._replace(received_ns=one.received_ns + jump, source_ns=one.source_ns + jump)
              for one in records(10, first=10)]
    writer = SnippetWriter(tmp_path / 'a.mcap', SOURCES, 'none', WALL - MONO)
    writer.write(records(10) + jumped)
    writer.finish({}, {})
    with Reader(tmp_path / 'a.mcap') as reader:
        found = [at for _, at, _ in reader.messages()]
    assert found == [one.received_ns for one in records(20)]


def test_an_empty_snippet_opens(tmp_path: Path) -> None:
    folder = tmp_path / 'empty_0'
    folder.mkdir()
    complete(folder, SnippetWriter(folder / 'empty_0.mcap', SOURCES, 'zstd', 0), label())
    with Reader(folder) as reader:
        assert reader.message_count == 0
    metadata = yaml.safe_load((folder / 'metadata.yaml').read_text())
    start = metadata['rosbag2_bagfile_information']['starting_time']
    assert start['nanoseconds_since_epoch'] == 0


def test_a_type_of_another_version_is_kept_without_our_definition(tmp_path: Path) -> None:
    sources = {1: Topic('/j', 'sensor_msgs/msg/JointState', 'RIHS01_' + '0' * 64)}
    writer = SnippetWriter(tmp_path / 'a.mcap', sources, 'zstd', WALL - MONO)
    writer.write([record(0, joint_state(1))])
    writer.finish({}, {})
    with (tmp_path / 'a.mcap').open('rb') as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    (schema,) = summary.schemas.values()
    assert (schema.encoding, schema.data) == ('', b'')


def test_a_slewed_clock_is_followed_and_a_step_is_not(tmp_path: Path) -> None:
    writer = SnippetWriter(tmp_path / 'x.mcap', SOURCES, 'none', WALL - MONO)
    second, step, times = 10**9, 0, []
    for number in range(2400):
        step = 3600 * second if 800 <= number < 1600 else 0
        wall = WALL + number * (second + 500_000) + step
        times.append(writer.log_time(Record(1, MONO + number * second, wall, wall, number, b'')))
    writer.abandon()
    assert {after - before for before, after in pairwise(times)} <= {second, second + 500_000}
