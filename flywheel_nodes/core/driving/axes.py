"""The axes of a robot as the arbiter drives them: base velocities and joint positions alike."""

from dataclasses import dataclass

from flywheel_nodes.core.robot import BaseAxis, Joint, Robot

BASE, JOINTS = 'base', 'joints'


@dataclass(frozen=True)
class Axis:
    """
    One axis and its limits.

    rate: driven at a velocity (m/s, rad/s in the body frame), else to a position (rad, m);
    lower, upper: range of what is commanded; velocity: largest speed, for a rate axis its upper
    end; acceleration: largest change of speed; stop: the same when stopping; jerk: largest change
    of acceleration, except when stopping.
    """

    name: str
    rate: bool
    lower: float
    upper: float
    velocity: float
    acceleration: float
    stop: float
    jerk: float = 10_000.0

    @property
    def group(self) -> str:
        """The group of axes that one chunk speaks of."""
        return BASE if self.rate else JOINTS


def _of(axis: BaseAxis | Joint) -> Axis:
    rate = isinstance(axis, BaseAxis)
    lower = -axis.velocity if isinstance(axis, BaseAxis) else axis.lower
    upper = axis.velocity if isinstance(axis, BaseAxis) else axis.upper
    return Axis(axis.name, rate, lower, upper, axis.velocity, axis.acceleration,
                axis.stop_deceleration, axis.jerk)


def axes(robot: Robot) -> tuple[Axis, ...]:
    """Return a robot's axes: the base's, then the joints'."""
    return tuple(_of(axis) for axis in robot.base) + tuple(_of(joint) for joint in robot.joints)


def groups(all_axes: tuple[Axis, ...]) -> dict[str, tuple[Axis, ...]]:
    """Return the axes by group; a group without axes is left out."""
    found = {name: tuple(a for a in all_axes if a.group == name) for name in (BASE, JOINTS)}
    return {name: members for name, members in found.items() if members}
