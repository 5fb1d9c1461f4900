"""Commands to joint trajectory controllers: one point, soon, at no more than a joint's speed."""

from collections.abc import Iterable, Mapping
import math
from typing import Any

from flywheel_nodes.adapters import standard
from flywheel_nodes.adapters.base import View
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.robot import Joint, Robot
from flywheel_nodes.core.topics import Topic

TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'
POINT = 'trajectory_msgs/msg/JointTrajectoryPoint'
SHORTEST_S = 0.05
LONGEST_S = 0.3
FRESH_S = 0.5


def reach(command: Any, view: View, joint_states: Topic) -> Any:
    """
    Return the trajectory to the last point of a command, and bring that point within reach.

    Controllers keep to a time, not to a speed, so the time follows from how far it is. It is at
    least 0.05 s, a few commands long: one that comes late is refused by the controller. What
    cannot be reached within 0.3 s is cut short, so that the arm rests that soon after the last
    command. The controller holds the end of a trajectory by itself.

    :raises WireError: for no point, or a joint of which nobody tells where it is, or that is far
        outside its range
    """
    if not command.points:
        raise WireError('a trajectory without points')
    measured = positions(view, joint_states)
    point = command.points[-1]
    joints = _named(command.joint_names, view.robot)
    for joint in joints:
        _check(joint, measured.get(joint.name))
    aims = list(zip(joints, point.positions, strict=True))
    takes = max((abs(aim - measured[j.name]) / j.velocity for j, aim in aims), default=0.0)
    if takes > LONGEST_S:
        point.positions = [_towards(aim, measured[joint.name], LONGEST_S / takes, joint)
                           for joint, aim in aims]
    return trajectory(dict(zip(command.joint_names, point.positions, strict=True)),
                      min(max(takes, SHORTEST_S), LONGEST_S), view)


def complete(command: Any, view: View, joint_states: Topic) -> None:
    """
    Make the last point of a command one of all joints, in the robot's order, in place.

    Joints it leaves out are to stay where they are. Some controllers take nothing less.

    :raises WireError: for no point, or a joint of which nobody tells where it is
    """
    if not command.points:
        raise WireError('a trajectory without points')
    point = command.points[-1]
    aims = {**positions(view, joint_states),
            **dict(zip(command.joint_names, point.positions, strict=True))}
    for joint in view.robot.joints:
        _check(joint, aims.get(joint.name))
    command.joint_names = [joint.name for joint in view.robot.joints]
    point.positions = [min(max(aims[joint.name], joint.lower), joint.upper)
                       for joint in view.robot.joints]
    point.velocities, command.points = [], [point]


def _named(names: Iterable[str], robot: Robot) -> list[Joint]:
    known = {joint.name: joint for joint in robot.joints}
    return [known[name] for name in names]


def _check(joint: Joint, measured: float | None) -> None:
    if measured is None:
        raise WireError(f'nobody tells where joint {joint.name} is')
    if not near(joint, measured):
        raise WireError(f'joint {joint.name} is at {measured:.4g}, far outside its range: correct '
                        'the robot file, or bring it back by its own means')


def near(joint: Joint, measured: float | None) -> bool:
    """Return whether a joint is within its range, or can be brought there within 0.3 s."""
    span = joint.velocity * LONGEST_S
    return measured is not None and joint.lower - span <= measured <= joint.upper + span


def _towards(aim: float, measured: float, share: float, joint: Joint) -> float:
    return min(max(measured + share * (aim - measured), joint.lower), joint.upper)


def positions(view: View, joint_states: Topic) -> Mapping[str, float]:
    """Return where the joints are, those that were told within 0.5 s and as a number."""
    said = view.last(joint_states, FRESH_S)
    if said is None:
        return {}
    pairs = zip(said.name, said.position, strict=False)
    return {name: position for name, position in pairs if math.isfinite(position)}


def trajectory(aims: Mapping[str, float], seconds: float, view: View) -> Any:
    """Return a trajectory that begins now and ends after some seconds, at rest."""
    message, point = view.make(TRAJECTORY)(), view.make(POINT)()
    standard.stamp(message, view)
    message.joint_names = list(aims)
    point.positions = list(aims.values())
    # No velocities: a controller refuses a trajectory that does not end at rest.
    point.time_from_start.sec, point.time_from_start.nanosec = divmod(
        round(seconds * SECOND), SECOND)
    message.points = [point]
    return message
