import math

from geometry_msgs.msg import Twist, TwistStamped
from hypothesis import given
from hypothesis import strategies as st
import pytest
from sensor_msgs.msg import BatteryState

from flywheel_nodes.adapters import standard
from flywheel_nodes.core import topics
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import to_ns
from test.adapters.views import view, WALL_NS

VIEW = view(load_robot('clearpath_jackal'))


def command(vx: float) -> TwistStamped:
    message = TwistStamped()
    message.header.stamp.sec, message.twist.linear.x = 12, vx
    return message


def test_a_stamped_command_is_stamped_anew_and_a_plain_one_is_its_twist() -> None:
    stamped = standard.twist_stamped(command(0.5), VIEW)
    assert to_ns(stamped.header.stamp) == WALL_NS and stamped.header.frame_id == 'base_link'
    assert stamped.twist == standard.twist(command(0.5), VIEW) == command(0.5).twist


def test_nothing_is_a_speed_of_zero_now() -> None:
    assert standard.no_twist(VIEW) == Twist() == standard.no_twist_stamped(VIEW).twist
    assert to_ns(standard.no_twist_stamped(VIEW).header.stamp) == WALL_NS


@pytest.mark.parametrize('plain', [True, False])
def test_the_remedy_names_the_option_for_the_type_that_was_found(plain: bool) -> None:
    (found, remedy), = standard.remedies(plain).items()
    assert found == standard.command_type(not plain) != standard.command_type(plain)
    assert ('command: stamped' in remedy) is plain


@given(st.floats(width=32), st.booleans())
def test_a_charge_is_within_0_and_1_or_unknown(charge: float, present: bool) -> None:
    told = standard.battery(BatteryState(percentage=charge, present=present), VIEW).percentage
    known = present and 0.0 <= charge <= 1.0
    assert told == charge if known else math.isnan(told)


def test_a_native_topic_is_like_the_neutral_one_but_for_what_is_said() -> None:
    row = standard.native('maker/odom', topics.ODOM, 'wheels', rate=20.0)
    assert (row.name, row.type, row.qos, row.rate) == (
        'maker/odom', topics.ODOM.type, topics.ODOM.qos, 20.0)
    assert not row.recorded
