"""The embedded robot (flywheel_nodes/sim): its native topics, and what they mean."""

from typing import Any

from flywheel_nodes.adapters import clamp
from flywheel_nodes.adapters.base import Adapter, Command, Make, Route
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.core.watching.robot_watch import Owner

_SENSOR = Qos(10, reliable=False)
_LATCHED = Qos(1, latched=True)
SDK, PENDANT = 'sdk', 'pendant'


def _native(name: str, like: Topic, qos: Qos, meaning: str, writer: str = 'sim_robot') -> Topic:
    return Topic(f'native/{name}', like.type, qos, writer, meaning, like.rate, recorded=False)


CMD_VEL = _native('cmd_vel', topics.ROBOT_CMD_VEL, Qos(), 'speed of the base', 'robot_adapter')
JOINT_COMMAND = _native('joint_command', topics.ROBOT_JOINTS, Qos(), 'positions of the joints',
                        'robot_adapter')
JOINT_STATES = _native('joint_states', topics.JOINT_STATES, _SENSOR, 'measured joints')
IMU = _native('imu', topics.IMU, _SENSOR, 'the inertial unit in the base')
ODOM = _native('odom', topics.ODOM, _SENSOR, 'pose and speed from the wheels')
BATTERY = _native('battery', topics.BATTERY, _SENSOR, 'the battery')
ESTOP = _native('estop', topics.ESTOP, _LATCHED, 'whether the emergency stop is pressed')
OWNER = _native('owner', topics.CONTROL_OWNER, _LATCHED, f'who drives: {SDK} or {PENDANT}')
MODE = _native('mode', topics.ROBOT_MODE, _LATCHED, 'ready, stopped or remote')
DIAGNOSTICS = _native('diagnostics', topics.DIAGNOSTICS, Qos(10),
                      'temperature_celsius of each joint, status named after it')


def _owner(message: Any, make: Make) -> Any:
    words = {SDK: Owner.FLYWHEEL, PENDANT: Owner.NATIVE}
    return make(topics.CONTROL_OWNER.type)(data=str(words.get(message.data, Owner.NATIVE)))


def _cmd_vel(message: Any, robot: Robot, make: Make) -> tuple[Any, bool]:
    return message, clamp.twist(message.twist, robot)


def _joint_command(message: Any, robot: Robot, make: Make) -> tuple[Any, bool]:
    return message, clamp.joints(message, robot)


def _stop(robot: Robot, make: Make, stamp_ns: int) -> Any:
    message = make(CMD_VEL.type)()
    message.header.frame_id = 'base_link'
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, SECOND)
    return message


ADAPTER = Adapter(
    name='sim',
    inputs=(
        Route(JOINT_STATES, topics.JOINT_STATES),
        Route(IMU, topics.IMU),
        Route(ODOM, topics.ODOM),
        Route(BATTERY, topics.BATTERY),
        Route(ESTOP, topics.ESTOP),
        Route(OWNER, topics.CONTROL_OWNER, _owner),
        Route(MODE, topics.ROBOT_MODE),
        Route(DIAGNOSTICS, topics.DIAGNOSTICS),
    ),
    commands=(
        Command(topics.ROBOT_CMD_VEL, CMD_VEL, _cmd_vel, _stop),
        Command(topics.ROBOT_JOINTS, JOINT_COMMAND, _joint_command),
    ))
