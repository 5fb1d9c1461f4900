from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
from rosbags.typesys import get_typestore, Stores

from flywheel_nodes.effects.recording.static_frames import subject, TRANSFORMS

STORE = get_typestore(Stores.ROS2_KILTED)


def make(name: str, *fields: Any) -> Any:
    return STORE.types[name](*fields)


def static(*frames: str, parent: str = 'base') -> bytes:
    header = make('std_msgs/msg/Header', make('builtin_interfaces/msg/Time', 1, 2), parent)
    where = make('geometry_msgs/msg/Transform', make('geometry_msgs/msg/Vector3', 0.0, 0.0, 0.0),
                 make('geometry_msgs/msg/Quaternion', 0.0, 0.0, 0.0, 1.0))
    message = make(TRANSFORMS, [make('geometry_msgs/msg/TransformStamped', header, frame, where)
                                for frame in frames])
    return bytes(STORE.serialize_cdr(message, TRANSFORMS))


def test_publishers_of_other_frames_are_told_apart() -> None:
    arm, head = static('shoulder', 'elbow'), static('camera')
    assert subject(TRANSFORMS, arm) != subject(TRANSFORMS, head)
    assert subject(TRANSFORMS, arm) == subject(TRANSFORMS, static('elbow', 'shoulder', parent='x'))


def test_any_other_topic_counts_as_one_publishers() -> None:
    assert subject('std_msgs/msg/String', static('camera')) == b''


@pytest.mark.parametrize('cut', [0, 3, 10, 40])
def test_a_damaged_message_is_nobodys(cut: int) -> None:
    assert subject(TRANSFORMS, static('camera')[:cut]) == b''


@given(st.binary(max_size=200))
def test_no_bytes_end_the_recorder(data: bytes) -> None:
    assert isinstance(subject(TRANSFORMS, b'\x00\x01\x00\x00' + data), bytes)
