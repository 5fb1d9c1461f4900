"""An independent observer of a running robot: it only listens, and remembers when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import math
import time
from typing import Any, TypeVar

from rclpy.context import Context
from rclpy.node import Node

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import Control, Mode
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.watching.episodes import Seen
from flywheel_nodes.nodes.inlet import Arrival, Inlet
from flywheel_nodes.nodes.messages import message_class, to_qos

T = TypeVar('T')
PERIOD = 0.005


@dataclass(frozen=True)
class Pose:
    """Where the base is in odom and how fast: m, rad, m/s."""

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    speed: float = 0.0


@dataclass
class Seconds:
    """A quantity over monotonic time (ns), bounded."""

    samples: list[tuple[int, float]] = field(default_factory=list)

    def add(self, at: int, value: float) -> None:
        """Add a sample; only the newest 10,000 are kept."""
        self.samples.append((at, value))
        del self.samples[:-10_000]

    def first(self, since: int, condition: Callable[[float], bool]) -> int | None:
        """Return when the condition first held after a time."""
        return next((at for at, value in self.samples if at >= since and condition(value)), None)


class Witness:
    """Hears control, events, odometry and commands of one robot."""

    def __init__(self, namespace: str, context: Context) -> None:
        """Begin to listen."""
        self.control: Control | None = None
        self.events: list[Event] = []
        self.pose = Pose()
        self.way = 0.0
        self.commanded = Seconds()
        self.measured = Seconds()
        self._seen = Seen()
        self._node = Node('witness', namespace=namespace, context=context)
        self._inlet = Inlet(self._node)
        for topic, callback in ((topics.CONTROL, self._control), (topics.EVENTS, self._event),
                                (topics.ODOM, self._odom), (topics.ROBOT_CMD_VEL, self._command)):
            self._inlet.subscribe(message_class(topic.type), topic.name, to_qos(topic.qos, 200),
                                  callback)

    def _control(self, message: Any, _: Arrival) -> None:
        self.control = wire.control_from_status(wire.single(message))

    def _event(self, message: Any, _: Arrival) -> None:
        for status in message.status:
            event = wire.event_from_status(status)
            if self._seen.add(event.id):
                self.events.append(event)

    def _odom(self, message: Any, arrival: Arrival) -> None:
        place, turn = message.pose.pose.position, message.pose.pose.orientation
        yaw = 2.0 * math.atan2(turn.z, turn.w)
        new = Pose(place.x, place.y, yaw, message.twist.twist.linear.x)
        if self.measured.samples:
            self.way += math.dist((self.pose.x, self.pose.y), (new.x, new.y))
        self.pose = new
        self.measured.add(arrival.mono_ns, new.speed)

    def _command(self, message: Any, arrival: Arrival) -> None:
        self.commanded.add(arrival.mono_ns, message.twist.linear.x)

    def event(self, name: EventName, since: int = 0) -> Event | None:
        """Return the first event of a name after a monotonic time."""
        return next((e for e in self.events if e.name is name and e.mono_ns >= since), None)

    def change_to(self, mode: Mode, since: int = 0) -> Event | None:
        """Return the first change of control to a mode after a monotonic time."""
        return next((e for e in self.events if e.name is EventName.CONTROL_CHANGED
                     and e.values.get('to') == mode and e.mono_ns >= since), None)

    async def listen(self) -> None:
        """Take what arrives until cancelled."""
        while True:
            self._inlet.drain(time.time_ns() - time.monotonic_ns())
            await asyncio.sleep(PERIOD)

    async def until(self, condition: Callable[[], T | None], timeout: float, what: str) -> T:
        """Return the first true value of a condition; raises TimeoutError naming what was due."""
        end = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() > end:
                raise TimeoutError(f'not within {timeout:g} s: {what}')
            await asyncio.sleep(PERIOD)
        return value

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_node()
