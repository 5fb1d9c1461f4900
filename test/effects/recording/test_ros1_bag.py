"""ROS 1 bags come out as the ROS 2 messages of the same names."""

from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag1 import Writer

from flywheel_nodes.effects.recording.bag_source import open_source
from flywheel_nodes.effects.recording.ros1_bag import scan
from test.effects.recording.bags import chatter, ROS1, START, TYPES, write_ros1

SENT = chatter(40)
FORMATS = (None, Writer.CompressionFormat.BZ2, Writer.CompressionFormat.LZ4)


@pytest.mark.parametrize('compression', FORMATS)
def test_payloads_become_cdr(compression: Writer.CompressionFormat | None,
                             tmp_path: Path) -> None:
    bag = write_ros1(tmp_path / 'a.bag', SENT, compression, latched='/a')
    with open_source(bag) as source:
        assert [(t.topic, s, d) for t, s, d in source.messages(tracks=source.tracks[:2])] == SENT
        assert [(t.topic, t.type, t.latched, t.messages) for t in source.tracks] == [
            ('/a', 'std_msgs/msg/String', True, 20), ('/b', 'std_msgs/msg/String', False, 20),
            ('/thing', 'vendor_msgs/msg/Thing', False, 1)]
        assert source.torn == ''
        list(source.messages())
        assert source.torn == '/thing: 0 of 1 messages', 'nobody can convert that one'


@pytest.mark.parametrize('compression', FORMATS)
def test_without_its_index_it_is_read_all_the_same(
        compression: Writer.CompressionFormat | None, tmp_path: Path) -> None:
    whole = write_ros1(tmp_path / 'a.bag', SENT, compression)
    found = [(raw.link.topic, raw.log_ns - START) for raw in scan(whole)]
    assert found == [('/thing', 0), *((topic, since) for topic, since, _ in SENT)]
    data = whole.read_bytes()
    cut = tmp_path / 'a.bag.active'
    cut.write_bytes(data[:-20])
    with open_source(cut) as source:
        got = [(t.topic, s, d) for t, s, d in source.messages(tracks=source.tracks[1:])]
        assert got == SENT
        assert source.torn


def test_fields_that_moved_are_migrated(tmp_path: Path) -> None:
    name = 'sensor_msgs/msg/CameraInfo'
    header = ROS1.types['std_msgs/msg/Header'](7, ROS1.types['builtin_interfaces/msg/Time'](1, 2),
                                               'cam')
    roi = ROS1.types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    info = ROS1.types[name](header, 480, 640, 'plumb_bob', np.arange(5.0), np.arange(9.0),
                            np.arange(9.0), np.arange(12.0), 0, 0, roi)
    path = tmp_path / 'a.bag'
    with Writer(path) as writer:
        link = writer.add_connection('/camera_info', name, typestore=ROS1)
        writer.write(link, START, bytes(ROS1.serialize_ros1(info, name)))
    with open_source(path) as source:
        (sample,) = source.messages()
    got = TYPES.deserialize_cdr(sample.data, name)
    assert (got.width, got.header.frame_id, list(got.d)) == (640, 'cam', [0, 1, 2, 3, 4])


def test_a_payload_that_does_not_decode_ends_it(tmp_path: Path) -> None:
    path = tmp_path / 'a.bag'
    with Writer(path) as writer:
        link = writer.add_connection('/a', 'std_msgs/msg/String', typestore=ROS1)
        writer.write(link, START, b'\1\0\0\0x')
        writer.write(link, START + 10**9, b'\xff\0\0\0x')
    with open_source(path) as source:
        assert len(list(source.messages())) == 1
        assert 'String that does not decode' in source.torn
