"""
The loads of the benches: publishes until killed.

`python -m bench.load 1x500 20x50 3c30`: one 29-joint state (972 bytes) at 500 Hz, 20 of them at
50 Hz, three cameras of 100 KB (CompressedImage) at 30 Hz.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
import os
import re
import sys
import time
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, JointState

from bench.harness import NAMESPACE

IMAGE_BYTES, IMAGES = 100_000, 64
NAMES = {'x': 'load/joints_{:02d}', 'c': 'camera/c{:02d}/image_raw/compressed'}
_GROUP = re.compile(r'(\d+)([xc])(\d+)')


@dataclass(frozen=True)
class Group:
    """Some topics of the same kind and rate."""

    kind: str
    count: int
    hz: float
    first: int

    @property
    def names(self) -> list[str]:
        """The relative names."""
        return [NAMES[self.kind].format(self.first + n) for n in range(self.count)]


def groups(words: Sequence[str]) -> list[Group]:
    """Read a load's description."""
    found: list[Group] = []
    for word in words:
        match = _GROUP.fullmatch(word)
        if match is None:
            raise SystemExit(f'{word}: COUNTxHZ or COUNTcHZ is needed')
        first = sum(one.count for one in found if one.kind == match[2])
        found.append(Group(match[2], int(match[1]), float(match[3]), first))
    return found


def names(words: Sequence[str]) -> list[str]:
    """Return the full names of a load's topics."""
    return [f'{NAMESPACE}/{name}' for group in groups(words) for name in group.names]


def messages(kind: str) -> list[Any]:
    """Return what a group's topics say in turn; images repeat too late to compress."""
    if kind == 'c':
        return [CompressedImage(format='rgb8; jpeg compressed bgr8', data=os.urandom(IMAGE_BYTES))
                for _ in range(IMAGES)]
    return [JointState(name=[f'joint_{n:02d}' for n in range(29)], position=[0.1] * 29,
                       velocity=[0.2] * 29)]


def main(words: Sequence[str]) -> None:
    """Publish each topic at its rate, evenly spread."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('load', namespace=NAMESPACE)
    outs = [(node.create_publisher(type(said[0]), name, 100), cycle(said), 1.0 / group.hz)
            for group in groups(words) for said in [messages(group.kind)] for name in group.names]
    began = time.monotonic()
    due = [began + period * n / len(outs) for n, (_, _, period) in enumerate(outs)]
    while True:
        now = time.monotonic()
        for n, (publisher, said, period) in enumerate(outs):
            if due[n] <= now:
                publisher.publish(next(said))
                due[n] += period
        time.sleep(max(0.0, min(due) - time.monotonic()))


if __name__ == '__main__':
    main(sys.argv[1:])
