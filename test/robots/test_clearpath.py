from collections.abc import Iterator

from geometry_msgs.msg import Twist, TwistStamped
import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import EventName
from test.harness import Bench
from test.robots.standard_rig import Rig

STAMPED, PLAIN = {'command': 'stamped'}, {'command': 'plain'}


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench, 'clearpath_jackal')


@pytest.fixture
def stranger(bench: Bench) -> Iterator[Node]:
    node = rclpy.create_node('navigator', namespace=bench.namespace)
    yield node
    node.destroy_node()


def test_with_plain_speeds_it_keeps_its_limits_and_stops_when_commands_end(rig: Rig) -> None:
    rig.start_fake(options=PLAIN).start_adapter(options=PLAIN)
    rig.owner('flywheel')
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed', vx=0.5, wz=-0.2)
    assert rig.robot.world.wz < 0.0
    rig.drive(lambda: any(m.twist.linear.x == 2.0 for m in rig.heard(topics.APPLIED_CMD_VEL)),
              'a clamped command', vx=9.0)
    assert rig.robot.world.vx <= 2.0
    rig.until(lambda: rig.robot.world.vx == 0.0, 'rest')
    assert rig.metrics.cell('robot_safe_stops_total').value >= 1
    rig.until(lambda: rig.last(topics.APPLIED_CMD_VEL).twist == Twist(), 'the report of it')


def test_with_stamped_speeds_its_state_comes_as_neutral_topics(rig: Rig) -> None:
    rig.start_fake().start_adapter()
    rig.drive(lambda: rig.robot.world.x > 0.2, 'a way', vx=1.0)
    rig.until(lambda: rig.last(topics.ODOM).pose.pose.position.x > 0.2, 'odometry')
    assert rig.last(topics.ODOM).header.frame_id == 'odom'
    wheels = rig.last(topics.JOINT_STATES)
    assert list(wheels.name) == ['front_left_wheel_joint', 'rear_left_wheel_joint',
                                 'front_right_wheel_joint', 'rear_right_wheel_joint']
    assert wheels.position[0] > 1.0
    assert rig.last(topics.IMU).linear_acceleration.z > 9.0
    assert rig.last(topics.BATTERY).percentage == pytest.approx(0.92)
    assert {m.data for m in rig.heard(topics.ESTOP)} == {False}
    rig.fault('battery_low', True)
    assert 'battery_low at 8%' in rig.told(EventName.ROBOT_FAULT)


@pytest.mark.parametrize(('robots', 'ours', 'remedy'), [
    (PLAIN, STAMPED, 'set options: {command: plain}'),
    (STAMPED, PLAIN, 'set options: {command: stamped}')])
def test_a_command_of_the_other_type_is_told_with_its_remedy_and_nothing_is_sent(
        rig: Rig, robots: dict[str, str], ours: dict[str, str], remedy: str) -> None:
    rig.start_fake(options=robots).start_adapter(options=ours)
    rig.drive(lambda: rig.sentences(EventName.ROBOT_PROBLEM), 'the problem', vx=0.5)
    told = rig.told(EventName.ROBOT_PROBLEM, ' expects ')
    assert '/cmd_vel' in told and remedy in told
    assert rig.count('robot_commands_total') == 0
    assert rig.count('robot_commands_refused_total') > 0
    assert {m.data for m in rig.heard(topics.CONTROL_OWNER)} == {'unknown'}


def test_a_listener_that_asks_for_another_qos_is_told(rig: Rig, stranger: Node) -> None:
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    stranger.create_subscription(TwistStamped, 'cmd_vel', lambda _: None, qos)
    rig.start_adapter()
    told = rig.told(EventName.ROBOT_PROBLEM, 'cannot connect on')
    assert 'transient local subscription: correct its QoS, ours is reliable' in told
    rig.start_fake()
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'who merely looks on to stop nothing', vx=0.5)


def test_a_second_commander_is_told_and_counts_as_a_native_driver(
        rig: Rig, stranger: Node) -> None:
    rig.start_fake().start_adapter()
    rig.owner('flywheel')
    out = stranger.create_publisher(TwistStamped, 'cmd_vel', 1)
    told = rig.told(EventName.ROBOT_PROBLEM, 'navigator commands the robot too')
    assert 'stop it' in told
    rig.told(EventName.NATIVE_TAKEOVER)
    sent = rig.count('robot_commands_total')
    refused = rig.count('robot_commands_refused_total')
    rig.drive(lambda: rig.count('robot_commands_refused_total') > refused, 'refusal', vx=0.5)
    assert rig.count('robot_commands_total') == sent
    stranger.destroy_publisher(out)
    rig.told(EventName.NATIVE_RELEASED)
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed', vx=0.5)


def test_a_driver_that_is_not_there_is_told_and_nothing_is_sent(rig: Rig) -> None:
    rig.start_adapter()
    rig.drive(lambda: len(rig.sentences(EventName.ROBOT_PROBLEM)) >= 2, 'the problems', vx=0.5)
    rig.told(EventName.ROBOT_PROBLEM, 'platform/joint_states is silent: is the robot switched on')
    rig.told(EventName.ROBOT_PROBLEM, "start the robot's driver")
    assert rig.count('robot_commands_total') == 0


def test_the_joystick_is_a_native_takeover_while_it_is_held(rig: Rig) -> None:
    rig.start_fake().start_adapter()
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed', vx=0.5)
    rig.fault('native_takeover', True)
    rig.drive(lambda: rig.sentences(EventName.NATIVE_TAKEOVER), 'the takeover', vx=0.5)
    rig.until(lambda: rig.robot.world.wz > 0.25 and abs(rig.robot.world.vx) < 0.01,
              'a joystick before our commands')
    rig.fault('native_takeover', False)
    rig.told(EventName.NATIVE_RELEASED)
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed', vx=0.5)


def test_the_emergency_stop_is_told_and_no_command_moves_it(rig: Rig) -> None:
    rig.start_fake().start_adapter()
    rig.drive(lambda: rig.robot.world.vx > 0.4, 'speed', vx=0.5)
    rig.fault('estop', True)
    rig.drive(lambda: rig.sentences(EventName.ESTOP_PRESSED), 'the stop', vx=0.5)
    assert rig.robot.world.vx == 0.0 and rig.last(topics.ESTOP).data
    rig.fault('estop', False)
    rig.told(EventName.ESTOP_RELEASED)
