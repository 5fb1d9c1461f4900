import math

from hypothesis import given
from hypothesis import strategies as st
import pytest
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import clamp, trajectories
from flywheel_nodes.adapters.base import View
from flywheel_nodes.adapters.ros2_control import JOINT_STATES
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import to_ns
from test.adapters.views import view, WALL_NS

ARM = load_robot('ros2_control_arm')
NAMES = [joint.name for joint in ARM.joints]
EXTREME = st.floats(allow_nan=True, allow_infinity=True)


def known(*positions: float, at: float = 0.0) -> View:
    return view(ARM, {JOINT_STATES: JointState(name=NAMES, position=list(positions))}, at)


def goal(*positions: float, **more: list[float]) -> JointTrajectory:
    return JointTrajectory(joint_names=NAMES, points=[
        JointTrajectoryPoint(positions=list(positions), **more)])


def seconds(message: JointTrajectory) -> float:
    return to_ns(message.points[0].time_from_start) / SECOND


def test_what_is_near_is_reached_soon_and_at_rest() -> None:
    sent = trajectories.reach(goal(0.01, 0, 0, 0, 0, 0, velocities=[1.0] * 6),
                              known(0, 0, 0, 0, 0, 0), JOINT_STATES)
    assert to_ns(sent.header.stamp) == WALL_NS
    assert list(sent.points[0].positions) == [0.01, 0, 0, 0, 0, 0]
    assert seconds(sent) == 0.05 and not sent.points[0].velocities


def test_the_slowest_joint_sets_the_time() -> None:
    sent = trajectories.reach(goal(0.2, 0, 0, 0.21, 0, 0), known(0, 0, 0, 0, 0, 0), JOINT_STATES)
    assert seconds(sent) == pytest.approx(0.2)


def test_what_is_far_is_cut_short_on_the_way_and_the_command_says_so() -> None:
    asked = goal(1.0, 0.5, 0, 0, 0, 0)
    sent = trajectories.reach(asked, known(0, 0, 0, 0, 0, 0), JOINT_STATES)
    assert seconds(sent) == pytest.approx(0.3)
    assert list(sent.points[0].positions) == pytest.approx([0.3, 0.15, 0, 0, 0, 0])
    assert asked.points[0].positions == sent.points[0].positions


@pytest.mark.parametrize(('at', 'positions', 'because'), [
    (0.6, [0.0] * 6, 'nobody tells where joint joint_1 is'),
    (0.0, [0.0, math.nan, 0, 0, 0, 0], 'nobody tells where joint joint_2 is'),
    (0.0, [0.0, 0, 9.0, 0, 0, 0], 'joint joint_3 is at 9, far outside its range')])
def test_an_arm_of_which_too_little_is_known_is_not_moved(
        at: float, positions: list[float], because: str) -> None:
    with pytest.raises(WireError, match=because):
        trajectories.reach(goal(0, 0, 0, 0, 0, 0), known(*positions, at=at), JOINT_STATES)


def test_no_point_is_no_command() -> None:
    with pytest.raises(WireError, match='without points'):
        trajectories.reach(JointTrajectory(joint_names=NAMES), known(*[0.0] * 6), JOINT_STATES)


@given(st.lists(EXTREME, max_size=7), st.lists(EXTREME, max_size=7), st.lists(EXTREME, max_size=7))
def test_no_joint_leaves_its_range_or_is_sent_faster_than_it_may(
        asked: list[float], velocities: list[float], measured: list[float]) -> None:
    knows = known(*measured)
    message = goal(*asked, velocities=velocities)
    try:
        clamp.joints(message, ARM)
        sent = trajectories.reach(message, knows, JOINT_STATES)
    except WireError:
        return
    took = seconds(sent)
    assert trajectories.SHORTEST_S <= took <= 0.3 + 1e-9
    for joint, aim, start in zip(ARM.joints, sent.points[0].positions, measured, strict=False):
        assert joint.lower <= aim <= joint.upper
        assert abs(aim - start) <= joint.velocity * took * (1 + 1e-6) + 1e-9
