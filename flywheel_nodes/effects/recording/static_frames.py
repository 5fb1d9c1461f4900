"""Whose state a message is, where messages do not name their publisher (before Kilted)."""

from functools import lru_cache
from typing import Any

from rosbags.serde import SerdeError
from rosbags.typesys import get_typestore, Stores
from rosbags.typesys.store import Typestore

TRANSFORMS = 'tf2_msgs/msg/TFMessage'


def subject(type_: str, data: bytes) -> bytes:
    """
    Return what tells the publishers of a latched topic apart.

    Only /tf_static has several by design, each of other frames. Any other topic counts as one
    publisher's.

    :param data: the message as it came, CDR
    :return: the child frames of transforms, else b''
    """
    if type_ != TRANSFORMS:
        return b''
    try:
        message: Any = _typestore().deserialize_cdr(data, TRANSFORMS)
    except SerdeError:
        return b''
    return '\n'.join(sorted(one.child_frame_id for one in message.transforms)).encode()


@lru_cache(maxsize=1)
def _typestore() -> Typestore:
    return get_typestore(Stores.ROS2_KILTED)
