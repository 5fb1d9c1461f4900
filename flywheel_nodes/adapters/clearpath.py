"""
Clearpath platforms (Husky, Jackal) as their ROS 2 packages start them.

Commands go to the lowest input of the platform's twist_mux: joystick, remote control and marker
come before it, each for 0.5 s after its last message, and the emergency stop before all.
"""

from typing import Any

from flywheel_nodes.adapters import standard
from flywheel_nodes.adapters.base import Adapter, Command, Route, Status, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.core.watching.robot_watch import Owner

OPTIONS = {'command': ('stamped', 'plain'), 'odom': ('filtered', 'wheels')}

JOINT_STATES = standard.native('platform/joint_states', topics.JOINT_STATES, 'the wheels',
                               rate=50.0)
ODOM = {
    'filtered': standard.native('platform/odom/filtered', topics.ODOM, 'wheels and IMU, fused'),
    'wheels': standard.native('platform/odom', topics.ODOM, 'wheels alone')}
IMU = standard.native('sensors/imu_0/data', topics.IMU, 'the first IMU, with its attitude')
BATTERY = standard.native('platform/bms/state', topics.BATTERY, 'the battery')
ESTOP = standard.native('platform/emergency_stop', topics.ESTOP, 'whether a stop is pressed',
                        qos=Qos(10, reliable=False))
DIAGNOSTICS = standard.native('diagnostics', topics.DIAGNOSTICS, 'what the drivers complain of')

MUX_S = 0.5
ESTOP_SILENT_S = 2.5
"""The controller board is taken to tell at least once a second; one lost message is no silence."""

NEEDED_S = 0.5


def plain(robot: Robot) -> bool:
    """Return whether speeds are a Twist (Humble) and not a TwistStamped (Jazzy on)."""
    return robot.options.get('command') == 'plain'


def command(robot: Robot) -> Topic:
    """Return the topic that speeds are commanded on."""
    return _speeds('cmd_vel', robot, 'the lowest input of twist_mux', 'robot_adapter')


def natives(robot: Robot) -> tuple[Topic, ...]:
    """Return the inputs of twist_mux that come before ours, the strongest first."""
    return (_speeds('rc_teleop/cmd_vel', robot, 'the remote control, while it is used'),
            _speeds('joy_teleop/cmd_vel', robot, 'the joystick, while its button is held'),
            _speeds('twist_marker_server/cmd_vel', robot, 'a marker in RViz, while it is pulled'))


def _speeds(name: str, robot: Robot, meaning: str, writer: str = 'the robot') -> Topic:
    return Topic(name, standard.command_type(plain(robot)), Qos(), writer, meaning, recorded=False)


def _owner(view: View) -> Any:
    stronger = (view.last(topic, MUX_S) for topic in natives(view.robot))
    return Owner.NATIVE if any(one is not None for one in stronger) else Owner.FLYWHEEL


def adapter(robot: Robot) -> Adapter:
    """Return the tables of a Clearpath platform."""
    odom = ODOM[robot.options.get('odom', 'filtered')]
    encode, stop = ((standard.twist, standard.no_twist) if plain(robot) else
                    (standard.twist_stamped, standard.no_twist_stamped))
    return Adapter(
        name='clearpath',
        inputs=(
            Route(JOINT_STATES, topics.JOINT_STATES),
            Route(odom, topics.ODOM),
            Route(IMU, topics.IMU),
            Route(BATTERY, topics.BATTERY, standard.battery),
            Route(DIAGNOSTICS, topics.DIAGNOSTICS),
        ),
        states=(
            Status(topics.ESTOP, (ESTOP,), standard.said(ESTOP, ESTOP_SILENT_S)),
            Status(topics.CONTROL_OWNER, natives(robot), _owner),
        ),
        commands=(Command(topics.ROBOT_CMD_VEL, command(robot), encode, stop),),
        needs={JOINT_STATES: NEEDED_S, odom: NEEDED_S},
        absent={topics.ROBOT_MODE: 'the platform has no modes besides its emergency stop'},
        remedies=standard.remedies(plain(robot)))
