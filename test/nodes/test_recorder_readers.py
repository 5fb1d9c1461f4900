"""What went over real DDS, read back from the snippet by mcap and by rosbags: field by field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseWithCovariance,
    Quaternion,
    Twist,
    TwistWithCovariance,
    Vector3,
)
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import (
    CompressedImage,
    JointState,
    NavSatFix,
    NavSatStatus,
    PointCloud2,
    PointField,
)
from std_msgs.msg import Header

from flywheel_nodes.effects.recording.snippet_folder import broken, read_label
from test.decoding import lone_mcap, same
from test.harness import Bench
from test.nodes.test_snippet_recorder import request, Robot

ROUNDS = 20


def header(number: int, frame: str) -> Header:
    return Header(stamp=Time(sec=number, nanosec=999_999_999 - number), frame_id=frame)


def joints(number: int) -> JointState:
    names = [f'joint_{"x" * index}' for index in range(number % 5)]  # strings of every padding
    return JointState(header=header(number, 'ä' * number), name=names,
                      position=[number + 0.5, float('nan'), float('-inf')],
                      effort=list(np.arange(number) / 7))


def odometry(number: int) -> Odometry:
    covariance = np.arange(36.0) + number
    return Odometry(
        header=header(number, 'odom'), child_frame_id='b' * (number % 9),
        pose=PoseWithCovariance(covariance=covariance, pose=Pose(
            position=Point(x=1.0 * number, y=2.0, z=-3.0),
            orientation=Quaternion(x=0.1, y=0.2, z=0.3, w=0.4))),
        twist=TwistWithCovariance(covariance=-covariance, twist=Twist(
            linear=Vector3(x=5.0), angular=Vector3(z=6.0 + number))))


def cloud(number: int) -> PointCloud2:
    fields = [PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
              for index, name in enumerate(('x', 'y', 'z', 'intensity')[:number % 4 + 1])]
    width = number + 1
    data = np.arange(16 * width, dtype=np.uint8)
    return PointCloud2(header=header(number, 'lidar'), height=1, width=width, fields=fields,
                       is_bigendian=bool(number % 2), point_step=16, row_step=16 * width,
                       data=data.tobytes(), is_dense=not number % 2)


def picture(number: int) -> CompressedImage:
    return CompressedImage(header=header(number, 'camera'), format='jpeg'[:number % 5],
                           data=bytes(range(256)) * number)


def diagnostics(number: int) -> DiagnosticArray:
    return DiagnosticArray(header=header(number, ''), status=[
        DiagnosticStatus(level=bytes([index % 4]), name=f'n{index}', message='m' * index,
                         values=[KeyValue(key='k' * one, value='ü' * index)
                                 for one in range(index)])
        for index in range(number % 6)])


def fix(number: int) -> NavSatFix:
    return NavSatFix(header=header(number, 'gps'),
                     status=NavSatStatus(status=-1, service=number), latitude=48.1 + number,
                     longitude=-11.5, altitude=float('nan'),
                     position_covariance=np.arange(9.0) * number, position_covariance_type=2)


MAKERS = {'joints': joints, 'odometry': odometry, 'cloud': cloud, 'picture': picture,
          'diagnostics': diagnostics, 'fix': fix}


class Recording:
    """A snippet, and what was published meanwhile by topic."""

    def __init__(self, bench: Bench) -> None:
        robot = Robot(bench)
        node = bench.probe.node
        out = {name: node.create_publisher(type(make(0)), f'types/{name}', 100)
               for name, make in MAKERS.items()}
        robot.until(lambda: all(one.get_subscription_count() for one in out.values()),
                    'subscriptions')
        self.sent: dict[str, list[Any]] = {f'{bench.namespace}/types/{name}': [
            make(number) for number in range(ROUNDS)] for name, make in MAKERS.items()}
        for messages in zip(*self.sent.values(), strict=True):
            for publisher, message in zip(out.values(), messages, strict=True):
                publisher.publish(message)
            bench.step()
        request(bench)
        self.folder, self.label = robot.snippet()


@pytest.fixture(scope='module')
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    bench = Bench('/readers', tmp_path_factory.mktemp('readers'))
    yield Recording(bench)
    bench.close()


def by_mcap(folder: Path) -> Iterator[tuple[str, int, Any]]:
    yield from lone_mcap(folder / f'{folder.name}.mcap')


def by_rosbags(folder: Path) -> Iterator[tuple[str, int, Any]]:
    with AnyReader([folder]) as reader:  # no types but those in the file
        for connection, log_ns, data in reader.messages():
            yield connection.topic, log_ns, reader.deserialize(data, connection.msgtype)


@pytest.mark.parametrize('read', [by_mcap, by_rosbags])
def test_every_message_is_what_was_published(recording: Recording, read: Any) -> None:
    found: dict[str, list[Any]] = {name: [] for name in recording.sent}
    last = 0
    for topic, log_ns, message in read(recording.folder):
        assert log_ns >= last
        last = log_ns
        if topic in found:
            found[topic].append(message)
    for topic, sent in recording.sent.items():
        assert [same(one, got) for one, got in zip(sent, found[topic], strict=True)] == (
            [True] * ROUNDS), topic


def test_the_label_tells_the_same(recording: Recording) -> None:
    assert broken(recording.folder, recording.label) == ''
    assert read_label(recording.folder) == recording.label
    for topic in recording.sent:
        told = recording.label.topics[topic]
        assert (told.messages, told.lost) == (ROUNDS, 0)


def test_the_comparison_sees_any_difference() -> None:
    one, other = joints(3), joints(3)
    assert same(one, other)
    other.name[1] = 'y'
    assert not same(one, other)
    assert not same(odometry(1), odometry(2))
    assert not same(diagnostics(2), diagnostics(3))
