from collections.abc import Callable
import math
from pathlib import Path
from typing import Any

from geometry_msgs.msg import Twist
import pytest
from std_srvs.srv import Trigger

from flywheel_nodes.adapters import spot as native
from flywheel_nodes.core import topics
from flywheel_nodes.sim.fake_robot import FakeRobot
from test.harness import Bench


class Dog:
    """The fake alone, and a probe in the adapter's place."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        robot = bench.start('fake_robot', FakeRobot, robot='spot', camera_rate=0.0, rate=200.0,
                            native_namespace=bench.namespace, drive_timeout=2.0)
        self.fake, self.world = robot.fake, robot.world
        bench.probe.listen(native.ODOM, native.BATTERIES, native.ESTOPS, native.POWER,
                           native.LEASES, native.JOINT_STATES)

    def last(self, topic: topics.Topic) -> Any:
        heard = self.bench.probe.heard[topic.name]
        return self.bench.until(lambda: heard, topic.name)[-1]

    def ask(self, service: str) -> str:
        """Call a service; return why it was refused, '' when it was not."""
        answer = self.bench.call(Trigger, service, Trigger.Request())
        assert answer.success == (not answer.message)
        return str(answer.message)

    def walk(self, until: Callable[[], Any], what: str, vx: float = 0.5, vy: float = 0.0,
             wz: float = 0.0) -> None:
        twist = Twist()
        twist.linear.x, twist.linear.y, twist.angular.z = vx, vy, wz
        self.bench.until(until, what, each=lambda: self.bench.probe.publish(native.CMD_VEL, twist))

    def stays(self) -> None:
        """Command it for a while; it does not move."""
        where, passed = self.world.x, []
        self.walk(lambda: passed.append(0) or len(passed) > 60, 'time')
        assert self.world.x == where

    def power(self, value: int) -> None:
        self.bench.until(lambda: self.last(native.POWER).motor_power_state == value, 'the motors')

    def holder(self, client: str) -> None:
        self.bench.until(lambda: self.last(native.LEASES).resources[0].lease_owner.client_name
                         == client, 'the lease')


@pytest.fixture
def dog(bench: Bench, vendor_messages: Path) -> Dog:
    return Dog(bench)


def test_a_command_does_not_hold_for_as_long_as_the_drives_would(dog: Dog) -> None:
    dog.walk(lambda: dog.world.vx > 0.4, 'speed')
    where = dog.world.x
    dog.bench.until(lambda: dog.world.vx < 0.01, 'rest')
    assert dog.world.x - where < 0.5  # 0.125 s at 0.5 m/s and its way to rest; 1 m in 2 s


def test_speeds_are_told_in_the_odometry_frame(dog: Dog) -> None:
    dog.walk(lambda: dog.world.theta > math.pi / 2, 'a quarter turn', vx=0.0, wz=1.0)
    dog.walk(lambda: dog.world.vx > 0.4, 'speed', vx=0.5)
    twist = dog.bench.until(lambda: next(
        (m.twist.twist for m in dog.bench.probe.heard[native.ODOM.name]
         if m.twist.twist.linear.y > 0.2), None), 'speed along y')
    assert abs(twist.linear.x) < twist.linear.y


def test_what_is_not_finite_does_not_move_it(dog: Dog) -> None:
    rejected = dog.bench.running[0][0].metrics.cell(
        'topic_messages_rejected_total', topic=native.CMD_VEL.name, node='fake_robot')
    dog.walk(lambda: rejected.value, 'the refusal', vx=math.nan)
    assert (dog.world.x, dog.world.vx) == (0.0, 0.0)


def test_only_the_holder_of_the_lease_commands(dog: Dog) -> None:
    dog.fake.faults['native_takeover'](True)
    dog.holder('spot-tablet')
    dog.stays()
    assert dog.ask('claim') == 'ResourceAlreadyClaimedError: spot-tablet'
    assert dog.ask('stop') == dog.ask('power_on') == 'LeaseUseError: no lease'
    dog.fake.faults['native_takeover'](False)
    assert dog.ask('release') == ''
    dog.holder('')
    dog.stays()
    assert dog.ask('claim') == ''
    dog.walk(lambda: dog.world.vx > 0.2, 'speed')


def test_a_gentle_stop_sits_down_before_it_cuts_the_power(dog: Dog) -> None:
    dog.walk(lambda: dog.world.vx > 0.2, 'speed')
    assert dog.ask('estop/gentle') == ''
    dog.power(4)
    dog.power(1)
    dog.stays()
    assert dog.ask('power_on') == 'estopped: software_estop'
    assert dog.ask('estop/release') == ''
    assert dog.ask('stand') == 'motors are not powered'
    assert dog.ask('power_on') == dog.ask('stand') == ''
    dog.walk(lambda: dog.world.vx > 0.2, 'speed')


@pytest.mark.parametrize('service', ['estop/hard', 'power_off'])
def test_power_is_cut_at_once(dog: Dog, service: str) -> None:
    assert dog.ask(service) == ''
    assert dog.fake.power == 1 and not dog.fake.standing
    dog.power(1)


def test_it_sits_and_stands(dog: Dog) -> None:
    assert dog.ask('sit') == ''
    dog.stays()
    assert dog.ask('stand') == ''
    dog.walk(lambda: dog.world.vx > 0.2, 'speed')
    assert dog.ask('stop') == ''


def test_its_button_drops_it_and_is_told_by_name(dog: Dog) -> None:
    assert {one.name: one.state for one in dog.last(native.ESTOPS).estop_states} == {
        'hardware_estop': 2, 'software_estop': 2}
    dog.fake.faults['estop'](True)
    dog.bench.until(lambda: dog.last(native.ESTOPS).estop_states[0].state == 1, 'the button')
    assert dog.ask('estop/release') == ''
    assert dog.ask('power_on') == 'estopped: hardware_estop'


def test_its_battery_is_told_in_percent(dog: Dog) -> None:
    [battery] = dog.last(native.BATTERIES).battery_states
    assert battery.charge_percentage == pytest.approx(92.0)
    dog.fake.faults['battery_low'](True)
    dog.fake.faults['battery_hot'](True)
    dog.bench.until(lambda: max(dog.last(native.BATTERIES).battery_states[0].temperatures) > 70.0,
                    'heat')
    assert dog.last(native.BATTERIES).battery_states[0].charge_percentage == pytest.approx(8.0)


def test_it_has_twelve_joints(dog: Dog) -> None:
    names = dog.last(native.JOINT_STATES).name
    assert len(names) == 12 and names[0] == 'front_left_hip_x'
