"""Arms that move and shall rest: a trajectory that brakes all joints together."""

import math
from typing import Any

from flywheel_nodes.adapters import trajectories
from flywheel_nodes.adapters.base import View
from flywheel_nodes.core.robot import Joint
from flywheel_nodes.core.topics import Topic

STILL = 0.01
LONGEST_S = 0.5


def moves(view: View, joint_states: Topic) -> bool:
    """Return whether a joint turns faster than 0.01 rad/s."""
    return any(abs(speed) > STILL for speed in speeds(view, joint_states).values())


def speeds(view: View, joint_states: Topic) -> dict[str, float]:
    """Return how fast the robot's joints turn, those that were told within 0.5 s as a number."""
    said = view.last(joint_states, trajectories.FRESH_S)
    if said is None:
        return {}
    limits = {joint.name: joint.velocity for joint in view.robot.joints}
    pairs = zip(said.name, said.velocity, strict=False)
    return {name: min(max(speed, -limits[name]), limits[name]) for name, speed in pairs
            if name in limits and math.isfinite(speed)}


def rest(view: View, joint_states: Topic) -> Any:
    """
    Return the trajectory to where the joints can rest; None where that is not known.

    A cubic from a speed to rest, half that speed times its time away, is an even deceleration. All
    joints end together, none brakes harder than its stop_deceleration: the arm stays on its path.
    None also for an arm far outside its range: any aim within would be a jump.
    """
    measured, turning = trajectories.positions(view, joint_states), speeds(view, joint_states)
    joints = view.robot.joints
    if not all(trajectories.near(joint, measured.get(joint.name)) for joint in joints):
        return None
    takes = min(max((abs(turning.get(j.name, 0.0)) / j.stop_deceleration for j in joints),
                    default=0.0), LONGEST_S)
    takes = max(takes, trajectories.SHORTEST_S)
    aims = {joint.name: _aim(joint, measured[joint.name], turning.get(joint.name, 0.0) * takes / 2)
            for joint in joints}
    message = trajectories.trajectory(aims, takes, view)
    message.points[0].velocities = [0.0] * len(aims)
    return message


def _aim(joint: Joint, measured: float, ahead: float) -> float:
    return min(max(measured + ahead, joint.lower), joint.upper)
