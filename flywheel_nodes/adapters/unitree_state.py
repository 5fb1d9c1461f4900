"""What Unitree's robots measure, as neutral messages: motion, inertia, battery, health."""

from array import array
from collections.abc import Iterable, Sequence
from functools import cache
import math
from typing import Any

from flywheel_nodes.adapters import standard
from flywheel_nodes.adapters.base import Convert, Make, View
from flywheel_nodes.adapters.rotation import into_body, upright
from flywheel_nodes.core import topics

LION = 2
UNKNOWN = math.nan


def stamp(message: Any, view: View, frame: str = '') -> Any:
    """Stamp a message with when its source came: the robot's own stamps are none of our clock."""
    message.header.frame_id = frame
    standard.stamp(message, view)
    return message


def joint_states(motors: dict[str, int]) -> Convert:
    """
    Return the conversion of LowState for joints by the index of their motor.

    It fills the same message again and again: to make one takes longer than that.
    """
    indices = list(motors.values())

    @cache
    def blank(make: Make) -> Any:
        return make(topics.JOINT_STATES.type)(name=list(motors))

    def convert(message: Any, view: View) -> Any:
        states = message.motor_state
        driven = [states[index] for index in indices]
        made = stamp(blank(view.make), view)
        made.position = array('d', [motor.q for motor in driven])
        made.velocity = array('d', [motor.dq for motor in driven])
        made.effort = array('d', [motor.tau_est for motor in driven])
        return made
    return convert


def imu(frame: str) -> Convert:
    """Return the conversion of LowState's inertial unit; frame: its link in the URDF."""
    @cache
    def blank(make: Make) -> Any:
        return make(topics.IMU.type)()

    def convert(message: Any, view: View) -> Any:
        unit = message.imu_state
        made = stamp(blank(view.make), view, frame)
        attitude = upright(unit.quaternion)
        # REP 145: -1 says that there is none.
        made.orientation_covariance[0] = 0.0 if attitude else -1.0
        _set_attitude(made.orientation, attitude or (1.0, 0.0, 0.0, 0.0))
        _set_vector(made.angular_velocity, unit.gyroscope)
        _set_vector(made.linear_acceleration, unit.accelerometer)
        return made
    return convert


def odometry(message: Any, view: View) -> Any:
    """Convert SportModeState: its velocity is in the odometry frame, ours in the body's."""
    unit = message.imu_state
    attitude = upright(unit.quaternion)
    if attitude is None:
        return None
    made = stamp(view.make(topics.ODOM.type)(), view, 'odom')
    made.child_frame_id = 'base_link'
    _set_vector(made.pose.pose.position, message.position)
    _set_attitude(made.pose.pose.orientation, attitude)
    twist = made.twist.twist
    _set_vector(twist.linear, into_body(attitude, message.velocity))
    _set_vector(twist.angular, (*unit.gyroscope[:2], message.yaw_speed))
    return made


def battery(percent: int, cells: Iterable[int], volts: float, view: View) -> Any:
    """
    Return the battery; what the robot does not tell, or not in known units, is NaN.

    :param percent: state of charge, 0..100
    :param cells: voltages in unverified units: all 0 where the battery was not heard yet
    :param volts: of the whole battery
    """
    made = stamp(view.make(topics.BATTERY.type)(), view)
    heard = any(cells)
    made.present = heard
    made.percentage = percent / 100.0 if heard and 0 <= percent <= 100 else UNKNOWN
    made.voltage = volts if heard else UNKNOWN
    made.power_supply_technology = LION
    for field in ('temperature', 'current', 'charge', 'capacity', 'design_capacity'):
        setattr(made, field, UNKNOWN)
    return made


def _set_attitude(message: Any, attitude: Sequence[float]) -> None:
    message.w, message.x, message.y, message.z = attitude


def _set_vector(message: Any, vector: Sequence[float]) -> None:
    message.x, message.y, message.z = map(float, vector)
