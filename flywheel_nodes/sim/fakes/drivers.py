"""What drivers of wheels and joints have in common: the age of a command, the ways to fail."""

from collections.abc import Callable
import math
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_ns
from flywheel_nodes.sim.fakes.kit import Kit, Switch

CHARGE, LOW_CHARGE = 0.92, 0.08
OLD_NS = SECOND // 2


class Driver:
    """A robot's driver that can fall silent, and a battery that can run low."""

    def __init__(self, kit: Kit) -> None:
        """Begin alive and charged."""
        self._kit = kit
        self.silent = False
        self.charge = CHARGE
        self.faults: dict[str, Switch] = {'silent': self._fall_silent,
                                          'battery_low': self._run_low}

    def _fall_silent(self, on: bool) -> None:
        self.silent = on

    def _run_low(self, on: bool) -> None:
        self.charge = LOW_CHARGE if on else CHARGE

    def tell(self, topic: Topic, rate: float, read: Callable[[int], Any]) -> None:
        """Publish what read(wall time in ns) returns at a rate, unless the driver is silent."""
        def alive(now: Now) -> Any:
            return None if self.silent else read(now.wall)
        self._kit.sensor(topic, rate, alive)

    def obey(self, topic: Topic, callback: Callable[[Any, Arrival], None]) -> None:
        """Hear commands, unless the driver is silent."""
        def alive(message: Any, arrival: Arrival) -> None:
            if not self.silent:
                callback(message, arrival)
        self._kit.hear(topic, alive)


def speeds(message: Any, arrival: Arrival) -> tuple[float, float]:
    """
    Return the vx and wz of a Twist or a TwistStamped.

    :raises WireError: for a number that is not finite, or a stamp older than 0.5 s; none is now
    """
    twist = message
    if hasattr(message, 'twist'):
        twist, stamp = message.twist, to_ns(message.header.stamp)
        if stamp and arrival.received_ns - stamp > OLD_NS:
            raise WireError(f'stamped {(arrival.received_ns - stamp) / SECOND:.2f} s ago')
    vx, wz = twist.linear.x, twist.angular.z
    if not (math.isfinite(vx) and math.isfinite(wz)):
        raise WireError(f'speeds {vx}, {wz} are not finite')
    return vx, wz
