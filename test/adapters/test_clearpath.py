from dataclasses import replace

from geometry_msgs.msg import Twist, TwistStamped
from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Bool

from flywheel_nodes.adapters import clamp, kinds
from flywheel_nodes.adapters import clearpath as native
from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import ConfigError, WireError
from flywheel_nodes.effects.config_files import load_robot
from test.adapters.views import view

JACKAL = load_robot('clearpath_jackal')
PLAIN = replace(JACKAL, options={'command': 'plain', 'odom': 'wheels'})
ADAPTER = native.adapter(JACKAL)
STATES = {state.neutral: state for state in ADAPTER.states}
EXTREME = st.floats(allow_nan=True, allow_infinity=True)


def test_every_neutral_output_is_told_or_said_to_be_absent() -> None:
    told = {row.neutral for row in (*ADAPTER.inputs, *ADAPTER.states)} | set(ADAPTER.absent)
    assert told == {topics.JOINT_STATES, topics.IMU, topics.ODOM, topics.BATTERY, topics.ESTOP,
                    topics.CONTROL_OWNER, topics.ROBOT_MODE, topics.DIAGNOSTICS}


@pytest.mark.parametrize(('robot', 'type_', 'odom'), [
    (JACKAL, 'geometry_msgs/msg/TwistStamped', 'platform/odom/filtered'),
    (PLAIN, 'geometry_msgs/msg/Twist', 'platform/odom')])
def test_options_choose_the_type_of_all_speeds_and_the_odometry(
        robot: native.Robot, type_: str, odom: str) -> None:
    adapter = kinds.load(robot)
    assert {topic.type for topic in (native.command(robot), *native.natives(robot))} == {type_}
    assert {topic.name for topic in adapter.needs} == {'platform/joint_states', odom}


def test_an_option_that_it_has_not_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r'command: .twist. is unknown .*stamped \| plain'):
        kinds.load(replace(JACKAL, options={'command': 'twist'}))


def test_the_emergency_stop_is_unknown_until_it_is_heard_and_when_it_was_not_lately() -> None:
    tell = STATES[topics.ESTOP].tell
    assert tell(view(JACKAL)) is None
    for pressed in (True, False):
        heard = {native.ESTOP: Bool(data=pressed)}
        assert tell(view(JACKAL, heard, 2.0)) is pressed
        assert tell(view(JACKAL, heard, 3.0)) is None


def test_the_emergency_stop_is_heard_from_a_best_effort_publisher() -> None:
    assert not native.ESTOP.qos.reliable and not native.ESTOP.qos.latched


@pytest.mark.parametrize('topic', native.natives(JACKAL), ids=lambda topic: topic.name)
def test_whoever_comes_before_us_is_the_owner_for_half_a_second(topic: topics.Topic) -> None:
    tell = STATES[topics.CONTROL_OWNER].tell
    assert tell(view(JACKAL)) == 'flywheel'
    assert tell(view(JACKAL, {topic: TwistStamped()}, 0.4)) == 'native'
    assert tell(view(JACKAL, {topic: TwistStamped()}, 0.6)) == 'flywheel'


@pytest.mark.parametrize('robot', [JACKAL, PLAIN, load_robot('clearpath_husky')])
@given(values=st.lists(EXTREME, min_size=6, max_size=6))
def test_whatever_is_asked_stays_within_the_limits_or_is_refused(
        robot: native.Robot, values: list[float]) -> None:
    asked = TwistStamped()
    for vector in (asked.twist.linear, asked.twist.angular):
        vector.x, vector.y, vector.z = values.pop(), values.pop(), values.pop()
    try:
        clamp.keep(topics.ROBOT_CMD_VEL, asked, robot)
    except WireError:
        return
    command = native.adapter(robot).commands[0]
    sent = command.encode(asked, view(robot))
    passed = deserialize_message(serialize_message(sent), type(sent))
    twist: Twist = getattr(passed, 'twist', passed)
    limits = {axis.name: axis.velocity for axis in robot.base}
    assert abs(twist.linear.x) <= limits['vx'] and abs(twist.angular.z) <= limits['wz']
    assert (twist.linear.y, twist.linear.z, twist.angular.x, twist.angular.y) == (0, 0, 0, 0)
