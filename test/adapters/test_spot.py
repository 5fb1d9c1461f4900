from dataclasses import replace
import math
from random import Random
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from hypothesis import given, settings
from hypothesis import strategies as st
from nav_msgs.msg import Odometry
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState

from flywheel_nodes.adapters import clamp, spot
from flywheel_nodes.adapters.base import Ask, Heard, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns
from test.interfaces import sources, values

pytestmark = pytest.mark.usefixtures('vendor_messages')
ROBOT = load_robot('spot')
ADAPTER = spot.adapter(ROBOT)
TELL = {state.neutral: state.tell for state in ADAPTER.states}
CONVERT = {route.neutral: route.convert for route in ADAPTER.inputs}
[COMMAND] = ADAPTER.commands
STORE = sources.typestore()
OURS, TABLET = 'ros_spot-host:spot_ros2-4711', 'spot-tablet'
PRESSED, RELEASED, UNKNOWN = 1, 2, 0
NAN = math.nan


def make(type_: str, **fields: Any) -> Any:
    return message_class(f'spot_msgs/msg/{type_}')(**fields)


def estops(*states: int) -> Any:
    return make('EStopStateArray', estop_states=[
        make('EStopState', name=f'stop_{i}', state=state) for i, state in enumerate(states)])


def leases(**holders: str) -> Any:
    resources = [make('LeaseResource', resource=name,
                      lease_owner=make('LeaseOwner', client_name=client))
                 for name, client in holders.items()]
    return make('LeaseArray', resources=resources)


def power(state: int = 2) -> Any:
    return make('PowerState', motor_power_state=state)


def battery(**fields: Any) -> Any:
    return make('BatteryStateArray', battery_states=[make('BatteryState', **fields)])


def view(now: float = 0.0, **said: Any) -> View:
    """Return what is known at a time in s of a Spot that was well at 0, but for what is said."""
    topic = {'estops': spot.ESTOPS, 'power': spot.POWER, 'leases': spot.LEASES}
    well = {'estops': estops(RELEASED, RELEASED), 'power': power(), 'leases': leases(body=OURS)}
    heard = {topic[key]: message for key, message in {**well, **said}.items() if message}
    heard |= {spot.JOINT_STATES: JointState(), spot.ODOM: Odometry()}
    return View(ROBOT, message_class, Now(int(now * SECOND), 1_500_000_000),
                {one.name: Heard(message, 0) for one, message in heard.items()})


# --- what it tells -------------------------------------------------------------------------------

@pytest.mark.parametrize(('states', 'pressed'), [
    ((RELEASED, RELEASED), False), ((RELEASED, PRESSED), True), ((UNKNOWN, PRESSED), True),
    ((UNKNOWN, RELEASED), None), ((), None)])
def test_one_stop_is_enough_and_one_unknown_leaves_it_open(
        states: tuple[int, ...], pressed: bool | None) -> None:
    assert TELL[topics.ESTOP](view(estops=estops(*states))) is pressed


@pytest.mark.parametrize(('holders', 'owner'), [
    ({'body': OURS}, 'flywheel'), ({'body': TABLET}, 'native'), ({'body': ''}, None),
    ({'arm': TABLET}, None), ({'arm': TABLET, 'body': OURS}, 'flywheel')])
def test_who_holds_the_lease_of_its_body_owns_it(
        holders: dict[str, str], owner: str | None) -> None:
    assert TELL[topics.CONTROL_OWNER](view(leases=leases(**holders))) == owner


def test_its_mode_says_what_keeps_it_from_walking() -> None:
    assert TELL[topics.ROBOT_MODE](view()) == 'motors on'
    assert TELL[topics.ROBOT_MODE](view(power=None)) is None
    known = view(power=power(1), estops=estops(PRESSED, PRESSED), leases=leases(body=TABLET))
    assert TELL[topics.ROBOT_MODE](known) == (
        'motors off, stopped by stop_0, stopped by stop_1, lease held by spot-tablet')
    assert TELL[topics.ROBOT_MODE](view(leases=leases(body=''))) == 'motors on, lease free'


def test_what_falls_silent_becomes_unknown() -> None:
    assert TELL[topics.ESTOP](view(1.1)) is None
    assert TELL[topics.ROBOT_MODE](view(1.1)) is None
    assert TELL[topics.CONTROL_OWNER](view(2.9)) == 'flywheel'
    assert TELL[topics.CONTROL_OWNER](view(3.1)) is None


@pytest.mark.parametrize(('said', 'why'), [
    ({}, ''), ({'leases': None}, 'does not tell status/leases:'),
    ({'power': None, 'estops': None}, 'does not tell status/power_states, status/estop:'),
    ({'estops': (RELEASED, PRESSED)}, 'stopped by stop_1: release it there'),
    ({'leases': ''}, 'call robot_adapter/claim'), ({'leases': TABLET}, 'spot-tablet holds'),
    ({'power': 1}, 'motors off: call power_on and stand'), ({'power': 5}, 'motors in error')])
def test_it_is_refused_with_a_remedy(said: dict[str, Any], why: str) -> None:
    made = {'estops': lambda states: estops(*states), 'power': power,
            'leases': lambda client: leases(body=client)}
    known = view(**{key: None if value is None else made[key](value)
                    for key, value in said.items()})
    told = ADAPTER.refused(known)
    assert why in told and bool(told) == bool(why)


def test_speed_is_turned_into_the_body_frame() -> None:
    message = Odometry()
    message.pose.pose.orientation.w = message.pose.pose.orientation.z = math.sqrt(0.5)
    message.twist.twist.linear.y, message.twist.twist.angular.z = 0.7, 0.3
    twist = CONVERT[topics.ODOM](message, view()).twist.twist
    assert (twist.linear.x, twist.linear.y) == pytest.approx((0.7, 0.0))
    assert twist.angular.z == pytest.approx(0.3)
    message.pose.pose.orientation.w = message.pose.pose.orientation.z = 0.0
    assert CONVERT[topics.ODOM](message, view()) is None


@pytest.mark.parametrize(('status', 'percent', 'charge', 'present'), [
    (3, 55.0, 0.55, True), (2, 100.0, 1.0, True), (3, 0.0, 0.0, True), (1, 40.0, NAN, False),
    (4, 0.0, NAN, True), (0, 0.0, NAN, True), (3, 140.0, NAN, True), (3, NAN, NAN, True)])
def test_a_charge_is_a_share_and_never_invented(
        status: int, percent: float, charge: float, present: bool) -> None:
    told = CONVERT[topics.BATTERY](battery(status=status, charge_percentage=percent), view())
    assert told.percentage == pytest.approx(charge, nan_ok=True)
    assert told.present is present
    assert all(map(math.isnan, (told.charge, told.capacity, told.temperature)))


def test_a_battery_keeps_its_stamp_and_gets_one_where_there_is_none() -> None:
    message = battery(voltage=52.0, temperatures=[30.0, 31.0], identifier='B')
    assert to_ns(CONVERT[topics.BATTERY](message, view()).header.stamp) == 1_500_000_000
    message.battery_states[0].header.stamp.sec = 7
    told = CONVERT[topics.BATTERY](message, view())
    assert (to_ns(told.header.stamp), told.temperature) == (7 * SECOND, 31.0)
    assert (told.voltage, told.serial_number) == (52.0, 'B')
    assert CONVERT[topics.BATTERY](make('BatteryStateArray'), view()) is None


def test_batteries_motors_and_stops_are_diagnostics() -> None:
    message = battery(temperatures=[30.0, 41.5], charge_percentage=50.0, status=3)
    known = view(power=power(5), estops=estops(PRESSED))
    told = {one.name: one for one in CONVERT[topics.DIAGNOSTICS](message, known).status}
    assert {name: one.message for name, one in told.items()} == {
        'battery': '', 'motors': 'in error', 'stop_0': 'pressed'}
    assert [(pair.key, pair.value) for pair in told['battery'].values][:2] == [
        ('temperature_celsius', '41.5'), ('charge', '0.500')]


# --- bytes of the vendor's messages --------------------------------------------------------------

def test_a_power_state_byte_by_byte() -> None:
    stamp, frame = bytes(8), bytes([1, 0, 0, 0, 0])
    # Behind the empty frame two states, and one byte before the 8 that are aligned.
    cdr = bytes([0, 1, 0, 0]) + stamp + frame + bytes([3, 2]) + bytes(1) + bytes(16)
    message = deserialize_message(cdr, message_class(spot.POWER.type))
    assert spot.motors(view(power=message)) == 'powering on'


VENDORS: tuple[Topic, ...] = (spot.BATTERIES, spot.ESTOPS, spot.POWER, spot.LEASES)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_no_message_is_too_strange(seed: int) -> None:
    random = Random(seed)
    said = {topic: deserialize_message(bytes(STORE.serialize_cdr(
        values.message(STORE, topic.type, random), topic.type)), message_class(topic.type))
        for topic in VENDORS}
    known = View(ROBOT, message_class, Now(0, 1), {
        topic.name: Heard(message, 0) for topic, message in said.items()})
    for route in ADAPTER.inputs:
        if route.native in said and route.convert:
            message = route.convert(said[route.native], known)
            assert message is None or serialize_message(message)
            if route.neutral == topics.BATTERY and message:
                assert math.isnan(message.percentage) or 0.0 <= message.percentage <= 1.0
    for tell in TELL.values():
        tell(known)
    assert ADAPTER.refused(known)  # silent joints at least


# --- what it is told -----------------------------------------------------------------------------

@given(st.lists(st.floats(width=64), min_size=6, max_size=6))
def test_nothing_beyond_the_limits_is_ever_sent(speeds: list[float]) -> None:
    asked = TwistStamped()
    linear, angular = asked.twist.linear, asked.twist.angular
    linear.x, linear.y, linear.z, angular.x, angular.y, angular.z = speeds
    try:
        clamp.keep(topics.ROBOT_CMD_VEL, asked, ROBOT)
    except WireError:
        return
    sent = COMMAND.encode(asked, view())
    limits = {axis.name: axis.velocity for axis in ROBOT.base}
    assert abs(sent.linear.x) <= limits['vx'] and abs(sent.linear.y) <= limits['vy']
    assert abs(sent.angular.z) <= limits['wz']
    assert (sent.linear.z, sent.angular.x, sent.angular.y) == (0.0, 0.0, 0.0)


def test_commands_outpace_their_validity_and_stop_is_zero() -> None:
    assert COMMAND.rate and 2.0 / COMMAND.rate < 0.125
    assert COMMAND.stop and COMMAND.stop(view()) == Twist()


def test_power_and_postures_change_only_by_what_the_robot_file_says() -> None:
    asked = {name: [step.service for step in steps if isinstance(step, Ask)]
             for name, steps in {**ADAPTER.estops, **ADAPTER.requests}.items()}
    assert asked == {'stop': ['stop'], 'claim': ['claim'], 'release': ['release'],
                     'gentle': ['estop/gentle'], 'hard': ['estop/hard']}
    assert [step.service for step in ADAPTER.estop_release if isinstance(step, Ask)] == [
        'estop/release']


def test_the_client_of_another_driver_is_named_in_the_file() -> None:
    robot = replace(ROBOT, options={'client': 'spot_driver'})
    known = View(robot, message_class, Now(0, 0), {
        spot.LEASES.name: Heard(leases(body='spot_driver-host'), 0)})
    assert TELL[topics.CONTROL_OWNER](known) == 'flywheel'
