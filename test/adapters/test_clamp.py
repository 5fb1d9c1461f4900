from geometry_msgs.msg import Twist
from hypothesis import given
from hypothesis import strategies as st
import pytest
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import clamp
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.effects.config_files import load_robot

ROBOT = load_robot('sim')
ELBOW, GRIPPER = ROBOT.joints[2], ROBOT.joints[6]
ANY = st.floats(-1e6, 1e6)


@given(st.lists(ANY, min_size=6, max_size=6))
def test_a_twist_ends_within_the_limits_of_the_base(numbers: list[float]) -> None:
    twist = Twist()
    twist.linear.x, twist.linear.y, twist.linear.z = numbers[:3]
    twist.angular.x, twist.angular.y, twist.angular.z = numbers[3:]
    fits = abs(numbers[0]) <= 0.8 and abs(numbers[5]) <= 1.5 and not any(numbers[1:5])
    assert clamp.twist(twist, ROBOT) is not fits
    assert abs(twist.linear.x) <= 0.8 and abs(twist.angular.z) <= 1.5
    assert twist.linear.y == twist.linear.z == twist.angular.x == twist.angular.y == 0.0
    assert not clamp.twist(twist, ROBOT)


def trajectory(*points: tuple[list[float], list[float]]) -> JointTrajectory:
    return JointTrajectory(joint_names=['gripper', 'elbow'], points=[
        JointTrajectoryPoint(positions=q, velocities=v) for q, v in points])


@given(st.lists(st.tuples(st.lists(ANY, min_size=2, max_size=2),
                          st.one_of(st.just([]), st.lists(ANY, min_size=2, max_size=2))),
                max_size=3))
def test_each_point_ends_within_the_joints_limits(
        points: list[tuple[list[float], list[float]]]) -> None:
    message = trajectory(*points)
    clamp.joints(message, ROBOT)
    for point, (_, speeds) in zip(message.points, points, strict=True):
        assert GRIPPER.lower <= point.positions[0] <= GRIPPER.upper
        assert ELBOW.lower <= point.positions[1] <= ELBOW.upper
        assert len(point.velocities) == len(speeds)
        assert all(abs(v) <= j.velocity
                   for v, j in zip(point.velocities, (GRIPPER, ELBOW), strict=bool(speeds)))
    assert not clamp.joints(message, ROBOT)


def test_every_point_is_clamped_and_not_only_the_first_that_needs_it() -> None:
    message = trajectory(([1.0, 9.0], []), ([0.01, 1.0], []), ([0.01, -9.0], []))
    assert clamp.joints(message, ROBOT)
    assert [list(p.positions) for p in message.points] == [[0.08, 2.6], [0.01, 1.0], [0.01, -2.6]]


@pytest.mark.parametrize(('message', 'says'), [
    (trajectory(([0.0, float('nan')], [])), 'elbow is nan'),
    (trajectory(([0.0, 1.0], [float('inf'), 0.0])), 'gripper is inf'),
    (trajectory(([0.0], [])), '1 positions and 0 velocities for 2 joints'),
    (trajectory(([0.0, 0.0], [1.0])), '2 positions and 1 velocities for 2 joints'),
    (JointTrajectory(joint_names=['tail']), "no joint named 'tail'")])
def test_what_must_not_be_sent_is_refused(message: JointTrajectory, says: str) -> None:
    with pytest.raises(WireError, match=says):
        clamp.joints(message, ROBOT)


def test_a_speed_that_is_not_finite_is_refused() -> None:
    twist = Twist()
    twist.angular.z = float('nan')
    with pytest.raises(WireError, match='z is nan'):
        clamp.twist(twist, ROBOT)
