"""The embedded robot (flywheel_nodes/sim): its native topics, and what they mean."""

from typing import Any

from flywheel_nodes.adapters import standard
from flywheel_nodes.adapters.base import Adapter, Command, Route, Status, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.core.watching.robot_watch import Owner

_SENSOR = Qos(10, reliable=False)
_LATCHED = Qos(1, latched=True)
SDK, PENDANT = 'sdk', 'pendant'


def _native(name: str, like: Topic, qos: Qos, meaning: str, writer: str = 'sim_robot', *,
            rate: float | None = None) -> Topic:
    return Topic(f'native/{name}', like.type, qos, writer, meaning, rate or like.rate,
                 recorded=False)


CMD_VEL = _native('cmd_vel', topics.ROBOT_CMD_VEL, Qos(), 'speed of the base', 'robot_adapter')
JOINT_COMMAND = _native('joint_command', topics.ROBOT_JOINTS, Qos(), 'positions of the joints',
                        'robot_adapter')
JOINT_STATES = _native('joint_states', topics.JOINT_STATES, _SENSOR, 'measured joints', rate=200.0)
IMU = _native('imu', topics.IMU, _SENSOR, 'the inertial unit in the base')
ODOM = _native('odom', topics.ODOM, _SENSOR, 'pose and speed from the wheels')
BATTERY = _native('battery', topics.BATTERY, _SENSOR, 'the battery')
ESTOP = _native('estop', topics.ESTOP, _LATCHED, 'whether the emergency stop is pressed')
OWNER = _native('owner', topics.CONTROL_OWNER, _LATCHED, f'who drives: {SDK} or {PENDANT}')
MODE = _native('mode', topics.ROBOT_MODE, _LATCHED, 'ready, stopped or remote')
DIAGNOSTICS = _native('diagnostics', topics.DIAGNOSTICS, Qos(10),
                      'temperature_celsius of each joint, status named after it')


SILENT_S = 1.5


def _owner(view: View) -> Any:
    said = view.last(OWNER, SILENT_S)
    words = {SDK: Owner.FLYWHEEL, PENDANT: Owner.NATIVE}
    return words.get(said.data, Owner.NATIVE) if said else None


def _as_it_is(message: Any, view: View) -> Any:
    return message


def adapter(robot: Robot) -> Adapter:
    """Return the tables of the embedded robot."""
    return Adapter(
        name='sim',
        inputs=(
            Route(JOINT_STATES, topics.JOINT_STATES, rate=100.0),
            Route(IMU, topics.IMU),
            Route(ODOM, topics.ODOM),
            Route(BATTERY, topics.BATTERY),
            Route(DIAGNOSTICS, topics.DIAGNOSTICS),
        ),
        states=(
            Status(topics.ESTOP, (ESTOP,), standard.said(ESTOP, SILENT_S)),
            Status(topics.CONTROL_OWNER, (OWNER,), _owner),
            Status(topics.ROBOT_MODE, (MODE,), standard.said(MODE, SILENT_S)),
        ),
        commands=(
            Command(topics.ROBOT_CMD_VEL, CMD_VEL, _as_it_is, standard.no_twist_stamped),
            Command(topics.ROBOT_JOINTS, JOINT_COMMAND, _as_it_is),
        ),
        needs={JOINT_STATES: 0.5})
