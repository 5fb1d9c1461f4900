from pathlib import Path
from typing import Any

import pytest
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import ur as native
from flywheel_nodes.core import topics
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.sim.fake_robot import FakeRobot
from test.harness import Bench

NAMES = [joint.name for joint in load_robot('ur5e').joints]


class Arm:
    """The fake alone, and a probe in the adapter's place."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.robot: Any = bench.start('fake_robot', FakeRobot, robot='ur5e', camera_rate=0.0,
                                      rate=200.0, native_namespace=bench.namespace)
        self.fake, self.world = self.robot.fake, self.robot.world
        self.command = native.controller(bench.running[0][0].robot)
        bench.probe.listen(native.JOINT_STATES, native.SCALING, *native.LATCHED)

    def heard(self, topic: topics.Topic) -> list[Any]:
        return self.bench.probe.heard[topic.name]

    def said(self, topic: topics.Topic) -> Any:
        """Return what it said last, waiting for the first time."""
        message = self.bench.until(lambda: self.heard(topic), topic.name)[-1]
        return message.data if topic is native.PROGRAM else message.mode

    def ask(self, service: str) -> Trigger.Response:
        response: Trigger.Response = self.bench.call(Trigger, service, Trigger.Request())
        return response

    def send(self, goal: float, names: list[str] | None = None, nanosec: int = 100_000_000
             ) -> None:
        message = JointTrajectory(joint_names=names or NAMES)
        message.points = [JointTrajectoryPoint(positions=[goal] * len(message.joint_names))]
        message.points[0].time_from_start.nanosec = nanosec
        self.bench.probe.publish(self.command, message)

    def moves(self, goal: float, **how: Any) -> None:
        self.bench.until(lambda: max(self.world.speeds) > 0.05, 'motion',
                         each=lambda: self.send(goal, **how))

    def steps(self, count: int = 60) -> Any:
        """Return a condition: so many loops have passed."""
        passed: list[int] = []
        return lambda: passed.append(0) or len(passed) > count


@pytest.fixture
def arm(bench: Bench, vendor_messages: Path) -> Arm:
    return Arm(bench)


def test_states_are_said_once_to_those_who_come_late(arm: Arm) -> None:
    arm.bench.until(lambda: arm.heard(native.PROGRAM), 'the program')
    arm.bench.until(arm.steps(), 'time')
    assert [len(arm.heard(topic)) for topic in native.LATCHED] == [1, 1, 1]
    assert (arm.said(native.ROBOT_MODE), arm.said(native.SAFETY_MODE)) == (7, 1)
    arm.fake.faults['protective_stop'](True)
    arm.bench.until(lambda: arm.said(native.SAFETY_MODE) == 3, 'the protective stop')
    assert arm.said(native.ROBOT_MODE) == 7
    late: list[Any] = []
    topic = native.SAFETY_MODE
    arm.bench.probe.node.create_subscription(
        message_class(topic.type), topic.name, late.append, to_qos(topic.qos))
    arm.bench.until(lambda: late, 'what was said before')
    assert [message.mode for message in late] == [3]


def test_joints_have_an_order_of_their_own(arm: Arm) -> None:
    arm.bench.until(lambda: arm.heard(native.JOINT_STATES), 'joint states')
    state = arm.heard(native.JOINT_STATES)[0]
    assert state.name[0] == 'shoulder_lift_joint' and state.name[-1] == 'shoulder_pan_joint'
    assert len(state.position) == len(state.velocity) == 6


def test_a_trajectory_is_followed_to_its_end_and_held(arm: Arm) -> None:
    arm.moves(0.3)
    arm.bench.until(lambda: arm.world.joints == pytest.approx([0.3] * 6, abs=1e-3), 'the end')
    arm.bench.until(arm.steps(), 'time')
    assert arm.world.joints == pytest.approx([0.3] * 6, abs=1e-3)


def test_a_part_of_its_joints_is_refused(arm: Arm) -> None:
    rejected = arm.bench.running[0][0].metrics.cell(
        'topic_messages_rejected_total', topic=arm.command.name, node='fake_robot')
    arm.bench.until(lambda: rejected.value, 'the refusal',
                    each=lambda: arm.send(0.3, ['elbow_joint']))
    assert arm.world.joints == [0.0] * 6


def test_it_is_slower_at_a_lower_speed_slider(arm: Arm) -> None:
    arm.fake.faults['slow'](True)
    arm.bench.until(lambda: any(m.data == 20.0 for m in arm.heard(native.SCALING)), 'the slider')
    arm.moves(0.3, nanosec=200_000_000)
    arm.bench.until(lambda: arm.world.joints[0] > 0.2, 'the way')
    assert max(arm.world.speeds) < 0.6  # 0.3 rad in 1 s, not in 0.2 s


@pytest.mark.parametrize(('fault', 'mode', 'safety'), [
    ('estop', 3, 7), ('protective_stop', 7, 3), ('native_takeover', 7, 1)])
def test_without_its_program_nothing_moves(
        arm: Arm, fault: str, mode: int, safety: int) -> None:
    arm.moves(0.3)
    arm.fake.faults[fault](True)
    arm.bench.until(lambda: not arm.said(native.PROGRAM), 'the end of the program')
    assert (arm.said(native.ROBOT_MODE), arm.said(native.SAFETY_MODE)) == (mode, safety)
    where = list(arm.world.joints)
    arm.bench.until(arm.steps(), 'time', each=lambda: arm.send(1.0))
    assert arm.world.joints == where
    arm.fake.faults[fault](False)
    arm.moves(1.0)


def test_its_program_is_handed_back_and_sent_again(arm: Arm) -> None:
    assert arm.ask('io_and_status_controller/hand_back_control').success
    arm.bench.until(lambda: not arm.said(native.PROGRAM), 'the end of the program')
    assert arm.ask('io_and_status_controller/resend_robot_program').success
    arm.bench.until(lambda: arm.said(native.PROGRAM), 'the program')
    assert arm.ask('dashboard_client/stop').success and not arm.fake.program
    assert arm.ask('dashboard_client/power_off').success
    refused = arm.ask('io_and_status_controller/resend_robot_program')
    assert (refused.success, refused.message) == (False, 'POWER_OFF, NORMAL')
