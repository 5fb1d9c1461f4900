"""An operator who drives all the time, and a look at what becomes of each command."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import os
import threading
import time
from typing import Any

from rclpy.context import Context
from rclpy.node import Node

from bench.harness import NAMESPACE
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.teleop.answers import Answer, Pong
from flywheel_nodes.core.teleop.asks import Ping
from flywheel_nodes.effects.teleop.relay_client import Axes, RelayClient
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.inlet import Arrival, Inlet
from flywheel_nodes.nodes.messages import message_class, to_qos

HZ = 50.0
PING_S = 0.05
POLL_S = 0.02
NICER = 10
_BILLION = 1_000_000_000


class Driver(RelayClient):
    """
    A client that drives, and asks for the time 20 times a second.

    sent: when each command was handed over, by the wall clock in ns; trips: round trips in ms.
    """

    def __init__(self) -> None:
        """Begin unconnected."""
        super().__init__()
        self.sent: dict[int, int] = {}
        self.trips: list[float] = []

    async def drive(self, axes: Axes, *args: Any, **more: Any) -> int:
        """Send one command and note when."""
        self.sent[self._seq + 1] = time.time_ns()
        return await super().drive(axes, *args, **more)

    async def go(self, seconds: float) -> None:
        """Drive very slowly, and measure the round trip meanwhile."""
        pinging = asyncio.ensure_future(self._ping())
        try:
            await self.hold({'vx': 0.02}, seconds, HZ)
        finally:
            pinging.cancel()

    async def _ping(self) -> None:
        while True:
            await self._link.send(Ping(t0=time.monotonic_ns()))
            await asyncio.sleep(PING_S)

    async def _take(self, message: Answer) -> None:
        if isinstance(message, Pong):
            self.trips.append((time.monotonic_ns() - message.t0) / 1e6)
        await super()._take(message)


class Outcome:
    """What the arbiter put out: when each tick's robot/cmd_vel came, and which seq it heeded."""

    def __init__(self) -> None:
        """Begin without a tick."""
        self._arrived: dict[int, int] = {}
        self._ticks: list[tuple[int, int]] = []

    def twist(self, message: Any, arrival: Arrival) -> None:
        """Take a command to the robot."""
        stamp = message.header.stamp
        self._arrived[stamp.sec * _BILLION + stamp.nanosec] = arrival.received_ns

    def tick(self, message: Any, _: Arrival) -> None:
        """Take a tick of the arbiter."""
        self._ticks += [(row.stamp_ns, row.seq) for row in wire.ticks_from_table(message)[1]]

    def latencies(self, sent: dict[int, int]) -> list[float]:
        """Return how long after each command its first output arrived, in ms."""
        first: dict[int, int] = {}
        for stamp, seq in self._ticks:
            first.setdefault(seq, stamp)
        return [(self._arrived[stamp] - sent[seq]) / 1e6 for seq, stamp in first.items()
                if seq in sent and stamp in self._arrived]


@contextmanager
def first() -> Iterator[None]:
    """Have this process run before others where we may: who measures must not be late."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, before - NICER)
    except PermissionError:
        yield
        return
    yield
    os.setpriority(os.PRIO_PROCESS, 0, before)


@contextmanager
def outcome() -> Iterator[Outcome]:
    """Listen to the robot in a thread; arrival times are those of the middleware."""
    made, over = Outcome(), threading.Event()
    with first(), ros(context=Context()) as context:
        node = Node('bench_outcome', namespace=NAMESPACE, context=context)
        inlet = Inlet(node)
        for topic, hear in ((topics.ROBOT_CMD_VEL, made.twist), (topics.TICKS, made.tick)):
            inlet.subscribe(message_class(topic.type), topic.name, to_qos(topic.qos, 500), hear)

        def listen() -> None:
            while not over.wait(POLL_S):
                inlet.drain(0)
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield made
        finally:
            over.set()
            thread.join()
            node.destroy_node()
