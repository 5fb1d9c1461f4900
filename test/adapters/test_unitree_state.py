import math
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.adapters import unitree_state as state
from flywheel_nodes.adapters.base import View
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns

WALL = 1_700_000_000 * SECOND + 5
VIEW = View(load_robot('unitree_go2'), message_class, Now(7, WALL))
NAN = math.nan
ANGLE = st.floats(-3.1, 3.1)
SPEED = st.floats(-5.0, 5.0)


def turned(yaw: float, roll: float = 0.0) -> tuple[float, ...]:
    """Return w, x, y, z."""
    return (math.cos(yaw / 2) * math.cos(roll / 2), math.cos(yaw / 2) * math.sin(roll / 2),
            math.sin(yaw / 2) * math.sin(roll / 2), math.sin(yaw / 2) * math.cos(roll / 2))


def unit(quaternion: Any) -> SimpleNamespace:
    return SimpleNamespace(quaternion=quaternion, gyroscope=(0.1, 0.2, 0.3),
                           accelerometer=(1.0, 2.0, 9.8))


def sport(quaternion: Any, velocity: Any) -> SimpleNamespace:
    return SimpleNamespace(imu_state=unit(quaternion), position=(1.0, 2.0, 0.3),
                           velocity=velocity, yaw_speed=0.5)


@given(yaw=ANGLE, ahead=SPEED, aside=SPEED)
def test_the_speed_in_the_odometry_frame_becomes_that_of_the_body(
        yaw: float, ahead: float, aside: float) -> None:
    there = (ahead * math.cos(yaw) - aside * math.sin(yaw),
             ahead * math.sin(yaw) + aside * math.cos(yaw), 0.1)
    made = state.odometry(sport(turned(yaw), there), VIEW)
    twist = made.twist.twist
    assert (twist.linear.x, twist.linear.y, twist.linear.z) == pytest.approx(
        (ahead, aside, 0.1), abs=1e-9)
    assert twist.angular.z == 0.5 and made.child_frame_id == 'base_link'
    assert made.header.frame_id == 'odom' and made.pose.pose.position.z == pytest.approx(0.3)


def test_a_fall_turns_up_into_aside() -> None:
    assert state.into_body(turned(0.0, math.pi / 2), (0.0, 0.0, 1.0)) == pytest.approx(
        (0.0, 1.0, 0.0), abs=1e-9)


def test_the_quaternion_changes_its_order_and_stamps_are_of_our_clock() -> None:
    made = state.imu('imu')(SimpleNamespace(imu_state=unit((0.5, 0.1, -0.7, 0.5))), VIEW)
    length = math.hypot(0.5, 0.1, 0.7, 0.5)
    turn = made.orientation
    assert (turn.x, turn.y, turn.z, turn.w) == pytest.approx(
        (0.1 / length, -0.7 / length, 0.5 / length, 0.5 / length))
    assert made.angular_velocity.y == 0.2 and made.linear_acceleration.z == 9.8
    assert to_ns(made.header.stamp) == WALL and made.header.frame_id == 'imu'


@pytest.mark.parametrize('quaternion', [(0, 0, 0, 0), (NAN, 0, 0, 1), (1e9, 0, 0, 0)])
def test_an_attitude_that_is_none_is_not_invented(quaternion: Any) -> None:
    convert = state.imu('imu')
    assert convert(SimpleNamespace(imu_state=unit(quaternion)), VIEW
                   ).orientation_covariance[0] == -1.0
    assert state.odometry(sport(quaternion, (1.0, 0.0, 0.0)), VIEW) is None
    good = convert(SimpleNamespace(imu_state=unit((1, 0, 0, 0))), VIEW)
    assert good.orientation_covariance[0] == 0.0


def test_a_charge_is_a_share_and_what_is_absent_is_no_number() -> None:
    made = state.battery(87, (3700, 0), 29.5, VIEW)
    assert made.percentage == pytest.approx(0.87) and made.voltage == pytest.approx(29.5)
    assert made.present and math.isnan(made.current) and math.isnan(made.temperature)
    unheard = state.battery(0, (0, 0), 0.0, VIEW)
    assert math.isnan(unheard.percentage) and math.isnan(unheard.voltage)
    assert math.isnan(state.battery(255, (3700,), 29.5, VIEW).percentage)
