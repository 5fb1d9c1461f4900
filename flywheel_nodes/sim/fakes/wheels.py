"""The wheels of a fake base: how far each has turned, as a driver tells it."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from sensor_msgs.msg import JointState

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.sim.world import World

LEFT, RIGHT = -1.0, 1.0


@dataclass(frozen=True)
class Gear:
    """
    What stands between speeds of a base and of its wheels.

    sides: each wheel's joint and its side, LEFT or RIGHT; radius, separation: in m.
    """

    sides: Mapping[str, float]
    radius: float
    separation: float


class Wheels:
    """The wheels of one base."""

    def __init__(self, world: World, gear: Gear) -> None:
        """Begin at an angle of zero."""
        self._world, self._gear = world, gear
        self._angles = [0.0] * len(gear.sides)
        self._last_ns: int | None = None

    def _speeds(self) -> list[float]:
        world, gear = self._world, self._gear
        return [(world.vx + side * world.wz * gear.separation / 2) / gear.radius
                for side in gear.sides.values()]

    def step(self, now_ns: int) -> None:
        """Let them turn as the base moves now."""
        passed = 0.0 if self._last_ns is None else (now_ns - self._last_ns) / SECOND
        self._last_ns = now_ns
        self._angles = [angle + speed * passed
                        for angle, speed in zip(self._angles, self._speeds(), strict=True)]

    def read(self, wall_ns: int) -> JointState:
        """Return angles in rad and speeds in rad/s."""
        message = JointState(name=list(self._gear.sides), position=array('d', self._angles),
                             velocity=array('d', self._speeds()))
        message.header.stamp = to_time(wall_ns)
        return message
