"""Commands kept within a robot's limits: the last check before a robot, whatever came before."""

import math
from typing import Any

from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.robot import Joint, Robot
from flywheel_nodes.core.topics import Topic

_FIELDS = {'vx': ('linear', 'x'), 'vy': ('linear', 'y'), 'wz': ('angular', 'z')}


def keep(topic: Topic, message: Any, robot: Robot) -> bool:
    """
    Keep a command of ours within the robot's limits, in place.

    :return: whether something had to change
    :raises WireError: for a command that must not be sent at all
    """
    if topic == topics.ROBOT_CMD_VEL:
        return twist(message.twist, robot)
    return joints(message, robot)


def twist(message: Any, robot: Robot) -> bool:
    """
    Keep a Twist within the base's speeds, in place; directions the base has not become 0.

    :return: whether something had to change
    :raises WireError: for a number that is not finite
    """
    limits = {_FIELDS[axis.name]: axis.velocity for axis in robot.base}
    changed = False
    for part in ('linear', 'angular'):
        for field in 'xyz':
            limit = limits.get((part, field), 0.0)
            changed |= _keep(getattr(message, part), field, -limit, limit)
    return changed


def _keep(vector: Any, field: str, lower: float, upper: float) -> bool:
    asked = getattr(vector, field)
    kept = _within(asked, lower, upper, field)
    setattr(vector, field, kept)
    return bool(kept != asked)


def _within(value: float, lower: float, upper: float, what: str) -> float:
    if not math.isfinite(value):
        raise WireError(f'{what} is {value}')
    return min(max(value, lower), upper)


def joints(message: Any, robot: Robot) -> bool:
    """
    Keep a JointTrajectory within the joints' ranges and speeds, in place.

    :return: whether something had to change
    :raises WireError: for a joint the robot has not, a number missing or not finite
    """
    known = {joint.name: joint for joint in robot.joints}
    strangers = [name for name in message.joint_names if name not in known]
    if strangers:
        raise WireError(f'no joint named {strangers[0]!r}')
    named = [known[name] for name in message.joint_names]
    return sum(_keep_point(point, named) for point in message.points) > 0


def _keep_point(point: Any, named: list[Joint]) -> bool:
    asked, speeds = list(point.positions), list(point.velocities)
    if len(asked) != len(named) or len(speeds) not in (0, len(named)):
        raise WireError(f'{len(asked)} positions and {len(speeds)} velocities for '
                        f'{len(named)} joints')
    kept = [_within(q, joint.lower, joint.upper, joint.name)
            for q, joint in zip(asked, named, strict=True)]
    slow = [_within(v, -joint.velocity, joint.velocity, joint.name)
            for v, joint in zip(speeds, named, strict=bool(speeds))]
    if kept == asked and slow == speeds:
        return False
    point.positions, point.velocities = kept, slow
    return True
