"""What tests of the recorder's files share: sources, records, labels."""

from dataclasses import dataclass

import numpy as np
from rosbags.typesys import get_typestore, Stores

from flywheel_nodes.core.recording.label import Label, Moment, Provenance, RobotInfo, WindowInfo
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.ticks import Tick
from flywheel_nodes.core.wire import ticks_to_table
from flywheel_nodes.effects.recording.snippet_folder import snippet_name

TYPES = get_typestore(Stores.ROS2_KILTED)
MONO = 5 * 10**9
WALL = 1_795_300_000 * 10**9
IDENTIFIER = '019a0000-0000-7000-8000-0000{:08x}'


@dataclass(frozen=True)
class Topic:
    """A source for the writer."""

    topic: str
    type: str
    type_hash: str = ''
    offers: tuple[Offer, ...] = (Offer(),)


SOURCES = {
    1: Topic('/r1/joint_states', 'sensor_msgs/msg/JointState'),
    2: Topic('/tf_static', 'std_msgs/msg/String', offers=(
        Offer(durability='transient_local', depth=1), Offer('best_effort'))),
    3: Topic('/r1/odom', 'nav_msgs/msg/Odometry'),
}


def joint_state(number: int) -> bytes:
    """Serialize by other means than rclpy's, which leaves a tail of chance behind."""
    time, header, state = (TYPES.types[name] for name in (
        'builtin_interfaces/msg/Time', 'std_msgs/msg/Header', 'sensor_msgs/msg/JointState'))
    none = np.array([])
    message = state(header(time(number, 0), 'base'), ['a', 'b'], np.array([number, 0.5]), none,
                    none)
    return bytes(TYPES.serialize_cdr(message, 'sensor_msgs/msg/JointState'))


def text(content: str) -> bytes:
    """Return a serialized std_msgs/String."""
    string = TYPES.types['std_msgs/msg/String']
    return bytes(TYPES.serialize_cdr(string(content), 'std_msgs/msg/String'))


def records(count: int, first: int = 0) -> list[Record]:
    """Return joint states, one each 2 ms from the trigger on."""
    return [record(n * 2_000_000, joint_state(n), sequence=n)
            for n in range(first, first + count)]


def record(since_ns: int, data: bytes, channel: int = 1, sequence: int = 1) -> Record:
    """Return a message received some time after the trigger and sent 1 ms before that."""
    return Record(channel, MONO + since_ns, WALL + since_ns, WALL + since_ns - 10**6, sequence,
                  data)


def label(number: int = 1) -> Label:
    """Return the label of a snippet that begins."""
    identifier = IDENTIFIER.format(number)
    at = Moment(WALL, MONO)
    return Label(identifier, snippet_name(WALL, 'sim', 'policy_alarm', identifier),
                 RobotInfo('sim'), 'policy_alarm', (), WindowInfo(at, at, at, 0.0, 0.0),
                 Provenance('0'))


def tick(number: int) -> Record:
    """Return a message of flywheel/ticks on channel 9."""
    row = Tick(WALL + number * 2_000_000, 0, 0, 0, 1, number, 0, 1.0, 0, (0.5,), (0.1,), (0.2,))
    table = ticks_to_table([row], ['vx'])
    dimension, layout, array = (TYPES.types[f'std_msgs/msg/{name}'] for name in (
        'MultiArrayDimension', 'MultiArrayLayout', 'Float64MultiArray'))
    message = array(layout([dimension(*one) for one in table.labels], 0), np.array(table.data))
    data = bytes(TYPES.serialize_cdr(message, 'std_msgs/msg/Float64MultiArray'))
    return record(number * 2_000_000, data, channel=9)
