"""What the embedded robot's sensors say, as messages; those at high rates are filled again."""

from array import array
import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, Imu, JointState

from flywheel_nodes.core.robot import Robot
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.sim.world import World

GRAVITY = 9.81
FULL_VOLTAGE, EMPTY_VOLTAGE = 25.2, 21.0
DRAIN_PER_HOUR = 0.25


class Readings:
    """The sensors of one robot; stamps are wall times of the physics state."""

    def __init__(self, robot: Robot, world: World) -> None:
        """Prepare the messages."""
        self._names = [joint.name for joint in robot.joints]
        self._world = world
        self._joints = JointState(name=self._names)
        self._imu = Imu()
        self._imu.header.frame_id = 'imu_link'
        self._imu.linear_acceleration.z = GRAVITY
        self._odom = Odometry(child_frame_id='base_link')
        self._odom.header.frame_id = 'odom'

    def joints(self, wall_ns: int) -> JointState:
        """Return the joints: rad or m, rad/s or m/s."""
        message, world = self._joints, self._world
        message.header.stamp = to_time(wall_ns)
        message.position = array('d', world.joints)
        message.velocity = array('d', world.speeds)
        return message

    def imu(self, wall_ns: int) -> Imu:
        """Return attitude, turn rate and specific force in the body frame."""
        message, world = self._imu, self._world
        message.header.stamp = to_time(wall_ns)
        _set_yaw(message.orientation, world.theta)
        message.angular_velocity.z = world.wz
        message.linear_acceleration.x = world.ax
        message.linear_acceleration.y = world.vx * world.wz
        return message

    def odom(self, wall_ns: int) -> Odometry:
        """Return the pose in odom and the speed in base_link."""
        message, world = self._odom, self._world
        message.header.stamp = to_time(wall_ns)
        message.pose.pose.position.x, message.pose.pose.position.y = world.x, world.y
        _set_yaw(message.pose.pose.orientation, world.theta)
        message.twist.twist.linear.x, message.twist.twist.angular.z = world.vx, world.wz
        return message

    def battery(self, wall_ns: int, charge: float) -> BatteryState:
        """Return the battery; charge in 0..1."""
        message = BatteryState(
            percentage=charge, present=True,
            voltage=EMPTY_VOLTAGE + charge * (FULL_VOLTAGE - EMPTY_VOLTAGE),
            power_supply_status=BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
            power_supply_technology=BatteryState.POWER_SUPPLY_TECHNOLOGY_LION)
        message.header.stamp = to_time(wall_ns)
        return message

    def temperatures(self, wall_ns: int, celsius: dict[str, float]) -> DiagnosticArray:
        """Return the joints' temperatures as diagnostics."""
        message = DiagnosticArray(status=[
            DiagnosticStatus(level=DiagnosticStatus.OK, name=name, message='motor',
                             values=[KeyValue(key='temperature_celsius', value=f'{t:.1f}')])
            for name, t in celsius.items()])
        message.header.stamp = to_time(wall_ns)
        return message


def _set_yaw(quaternion: Any, yaw: float) -> None:
    quaternion.z, quaternion.w = math.sin(yaw / 2), math.cos(yaw / 2)
