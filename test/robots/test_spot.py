import math
from pathlib import Path

from geometry_msgs.msg import TwistStamped
import pytest
from std_srvs.srv import SetBool, Trigger

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import EventName
from test.harness import Bench
from test.robots.standard_rig import Rig


@pytest.fixture
def rig(bench: Bench, vendor_messages: Path) -> Rig:
    bench.probe.listen(topics.ROBOT_MODE)
    return Rig(bench, 'spot', native_namespace=f'{bench.namespace}/dog')


@pytest.fixture
def ready(rig: Rig) -> Rig:
    rig.start_fake().start_adapter().owner('flywheel')
    return rig


def ask(rig: Rig, service: str) -> Trigger.Response:
    answer: Trigger.Response = rig.bench.call(Trigger, f'robot_adapter/{service}',
                                              Trigger.Request())
    return answer


def mode(rig: Rig, words: str) -> None:
    rig.until(lambda: rig.last(topics.ROBOT_MODE).data == words, words)


def test_it_walks_within_its_limits_and_stands_when_commands_end(ready: Rig) -> None:
    command = TwistStamped()
    command.twist.linear.x, command.twist.linear.y = 9.0, 0.3
    world = ready.robot.world
    ready.send(topics.ROBOT_CMD_VEL, command, lambda: world.vx > 0.9 and world.vy > 0.25, 'speed')
    assert world.vx <= 1.0
    assert ready.last(topics.APPLIED_CMD_VEL).twist.linear.x == 1.0
    ready.until(lambda: abs(world.vx) < 1e-3 and abs(world.vy) < 1e-3, 'rest')
    ready.until(lambda: ready.metrics.cell('robot_safe_stops_total').value >= 1, 'its count')
    assert ready.robot.fake.standing


def test_its_state_comes_as_neutral_topics(ready: Rig) -> None:
    assert len(ready.last(topics.JOINT_STATES).name) == 12
    battery = ready.last(topics.BATTERY)
    assert battery.percentage == pytest.approx(0.92) and battery.temperature == pytest.approx(34.0)
    assert math.isnan(battery.capacity)
    assert ready.last(topics.ESTOP).data is False
    mode(ready, 'motors on')
    names: set[str] = set()
    ready.until(lambda: names.update(
        one.name for m in ready.heard(topics.DIAGNOSTICS) for one in m.status)
        or {'battery', 'motors', 'hardware_estop', 'software_estop'} <= names, 'diagnostics')


def test_odometry_is_in_the_body_frame_wherever_it_looks(ready: Rig) -> None:
    world = ready.robot.world
    ready.drive(lambda: world.theta > math.pi / 2, 'a quarter turn', wz=1.0)
    ready.drive(lambda: any(m.twist.twist.linear.x > 0.3 for m in ready.heard(topics.ODOM)),
                'speed ahead', vx=0.5)
    fast = [m.twist.twist.linear for m in ready.heard(topics.ODOM)
            if m.twist.twist.linear.x > 0.1]
    assert all(abs(linear.y) < 0.01 for linear in fast)


def test_the_tablet_takes_over_and_is_seen(ready: Rig) -> None:
    ready.fault('native_takeover', True)
    ready.owner('native')
    ready.told(EventName.NATIVE_TAKEOVER)
    mode(ready, 'motors on, lease held by spot-tablet')
    sent = ready.count('robot_commands_total')
    refused = ready.count('robot_commands_refused_total')
    ready.drive(lambda: ready.count('robot_commands_refused_total') > refused + 5, 'refusals',
                vx=0.5)
    assert ready.count('robot_commands_total') == sent
    assert ask(ready, 'claim').success  # asked, not answered yet
    assert 'spot-tablet' in ready.told(EventName.ROBOT_CALL_FAILED, 'claim')


def test_a_lost_lease_is_told_with_its_remedy_and_claimed_again(ready: Rig) -> None:
    ready.fault('lease_lost', True)
    assert 'call robot_adapter/claim' in ready.told(EventName.ROBOT_PROBLEM, 'lease')
    mode(ready, 'motors on, lease free')
    ready.owner('unknown')
    assert ask(ready, 'claim').success
    ready.owner('flywheel')
    ready.drive(lambda: ready.robot.world.vx > 0.2, 'speed', vx=0.5)
    assert ask(ready, 'release').success
    ready.until(lambda: ready.robot.fake.holder == '', 'its return')


def test_motors_without_power_are_told_with_their_remedy(ready: Rig) -> None:
    ready.fault('motors_off', True)
    assert 'call power_on and stand' in ready.told(EventName.ROBOT_PROBLEM, 'motors off')
    ready.fault('motors_off', False)
    ready.owner('flywheel')


def test_its_button_is_an_emergency_stop_told_by_name(ready: Rig) -> None:
    ready.fault('estop', True)
    ready.told(EventName.ESTOP_PRESSED)
    assert 'hardware_estop' in ready.told(EventName.ROBOT_PROBLEM, 'stopped by')
    mode(ready, 'motors off, stopped by hardware_estop')


def test_estop_does_what_the_file_says_and_is_released(ready: Rig) -> None:
    answer = ready.bench.call(SetBool, 'robot_adapter/estop', SetBool.Request(data=True))
    assert answer.success and 'gentle' in answer.message
    ready.until(lambda: ready.last(topics.ESTOP).data, 'the stop')
    ready.until(lambda: ready.robot.fake.power == 1, 'the cut')
    answer = ready.bench.call(SetBool, 'robot_adapter/estop', SetBool.Request(data=False))
    assert answer.success
    ready.until(lambda: not ready.last(topics.ESTOP).data, 'the release')
    assert ready.robot.fake.power == 1, 'switched on by people only'


def test_stop_is_the_drivers_own(ready: Rig) -> None:
    assert ask(ready, 'stop').success
    ready.told(EventName.ROBOT_CALL_DONE, 'stop')
    assert ready.robot.fake.standing


def test_a_low_battery_is_a_fault(ready: Rig) -> None:
    ready.fault('battery_low', True)
    ready.told(EventName.ROBOT_FAULT, 'battery_low')


def test_a_driver_that_dies_leaves_nothing_known(ready: Rig) -> None:
    ready.fault('silent', True)
    ready.owner('unknown')
    mode(ready, 'unknown')
