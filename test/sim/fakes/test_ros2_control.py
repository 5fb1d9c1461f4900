import math
import time
from typing import Any

import pytest
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import ros2_control as native
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.sim.fake_robot import FakeRobot
from flywheel_nodes.sim.fakes.ros2_control import aims, lasts, Segment
from test.harness import Bench

SECOND = 1_000_000_000
NAMES = ['a', 'b']
NOW = 100 * SECOND


def trajectory(names: list[str] = NAMES, at: tuple[float, ...] = (0.3, 0.4), seconds: float = 0.1,
               start: float = 0.0, **more: Any) -> JointTrajectory:
    point = JointTrajectoryPoint(positions=list(at), **more)
    point.time_from_start = _duration(seconds)
    message = JointTrajectory(joint_names=names, points=[point])
    message.header.stamp = to_time(int(start * SECOND))
    return message


def _duration(seconds: float) -> Any:
    point = JointTrajectoryPoint()
    point.time_from_start.sec, point.time_from_start.nanosec = divmod(
        int(seconds * SECOND), SECOND)
    return point.time_from_start


@pytest.mark.parametrize(('message', 'because'), [
    (trajectory(['a'], (0.3,)), 'all of them'),
    (trajectory(['a', 'c']), 'all of them'),
    (JointTrajectory(joint_names=NAMES), 'empty'),
    (trajectory(at=(0.3,)), 'missing'),
    (trajectory(at=(0.3, math.nan)), 'not finite'),
    (trajectory(velocities=[0.0, 0.1]), 'at rest')])
def test_a_controller_refuses(message: JointTrajectory, because: str) -> None:
    with pytest.raises(WireError, match=because):
        aims(message, NAMES)


def test_a_trajectory_lasts_until_its_end_unless_that_is_over() -> None:
    assert aims(trajectory(['b', 'a']), NAMES) == {'b': 0.3, 'a': 0.4}
    assert lasts(trajectory(seconds=0.1), NOW) == SECOND // 10
    assert lasts(trajectory(seconds=0.1, start=99.95), NOW) == pytest.approx(SECOND / 20)
    with pytest.raises(WireError, match=r'ended 0\.10 s ago'):
        lasts(trajectory(seconds=0.1, start=99.8), NOW)
    twice = trajectory()
    twice.points = [twice.points[0], twice.points[0]]
    with pytest.raises(WireError, match='do not increase'):
        lasts(twice, NOW)


def test_a_segment_is_followed_evenly_and_its_end_is_held() -> None:
    segment = Segment({'a': 0.0}, {'a': 1.0}, NOW, SECOND)
    assert [segment.at(NOW + int(share * SECOND))['a'] for share in (-1, 0, 0.5, 1, 9)] == [
        0.0, 0.0, 0.5, 1.0, 1.0]


def test_an_arm_holds_the_end_of_its_trajectory(bench: Bench) -> None:
    where = {'robot': 'ros2_control_arm', 'native_namespace': f'{bench.namespace}/driver'}
    robot = bench.start('fake_robot', FakeRobot, rate=200.0, **where)
    arm = native.arm(load_robot('ros2_control_arm'))
    publisher = bench.probe.node.create_publisher(
        JointTrajectory, f'{bench.namespace}/driver/{arm.name}', 1)
    message = trajectory([f'joint_{n}' for n in range(1, 7)], (0.2, 0, 0, 0, 0, 0),
                         start=time.time() + 3600.0)

    def once() -> None:
        if publisher.get_subscription_count() and robot.world.joints[0] == 0.0:
            message.header.stamp = to_time(time.time_ns())
            publisher.publish(message)
    bench.until(lambda: robot.world.joints[0] > 0.19, 'the end', each=once)
    left = iter(range(300))
    bench.until(lambda: next(left, None) is None, 'loops beyond the time-out of a drive')
    assert robot.world.joints[0] == pytest.approx(0.2, abs=0.01)
