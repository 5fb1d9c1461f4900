"""
Any base or arm behind ros2_control with its standard controllers and broadcasters.

The robot file says which: axes of a base mean a diff_drive_controller (or one with its topics),
joints mean a joint_trajectory_controller. Options give the names they were configured with.
"""

from typing import Any

from flywheel_nodes.adapters import braking, standard, trajectories
from flywheel_nodes.adapters.base import Adapter, Command, NAME, Route, Say, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Qos, Topic

OPTIONS = {'command': ('stamped', 'plain'), 'base': NAME, 'arm': NAME, 'imu': NAME,
           'battery': NAME}
NEEDED_S = 0.5

JOINT_STATES = standard.native('joint_states', topics.JOINT_STATES, 'joint_state_broadcaster')


def odom(robot: Robot) -> Topic:
    """Return the base controller's odometry."""
    return standard.native(f'{_base(robot)}/odom', topics.ODOM, 'pose and speed from the wheels')


def cmd_vel(robot: Robot) -> Topic:
    """Return the base controller's command topic: with Twist it has another name."""
    name = 'cmd_vel_unstamped' if plain(robot) else 'cmd_vel'
    return Topic(f'{_base(robot)}/{name}', standard.command_type(plain(robot)), Qos(),
                 'robot_adapter', 'speed of the base', recorded=False)


def arm(robot: Robot) -> Topic:
    """Return the arm controller's command topic."""
    name = robot.options.get('arm', 'joint_trajectory_controller')
    return Topic(f'{name}/joint_trajectory', trajectories.TRAJECTORY, Qos(), 'robot_adapter',
                 'where the joints shall be, and when', recorded=False)


def imu(name: str) -> Topic:
    """Return what an imu_sensor_broadcaster of that name tells."""
    return standard.native(f'{name}/imu', topics.IMU, 'an imu_sensor_broadcaster')


def battery(name: str) -> Topic:
    """Return what a battery_state_broadcaster of that name tells."""
    return standard.native(f'{name}/battery_state', topics.BATTERY, 'a battery_state_broadcaster')


def plain(robot: Robot) -> bool:
    """Return whether speeds are a Twist (Humble, use_stamped_vel: false) and not stamped."""
    return robot.options.get('command') == 'plain'


def _base(robot: Robot) -> str:
    return robot.options.get('base', 'diff_drive_controller')


def _inputs(robot: Robot) -> tuple[Route, ...]:
    found = [Route(JOINT_STATES, topics.JOINT_STATES)]
    if robot.base:
        found.append(Route(odom(robot), topics.ODOM))
    if 'imu' in robot.options:
        found.append(Route(imu(robot.options['imu']), topics.IMU))
    if 'battery' in robot.options:
        found.append(Route(battery(robot.options['battery']), topics.BATTERY, standard.battery))
    return tuple(found)


def _commands(robot: Robot) -> tuple[Command, ...]:
    found = []
    if robot.base:
        encode, stop = ((standard.twist, standard.no_twist) if plain(robot) else
                        (standard.twist_stamped, standard.no_twist_stamped))
        found.append(Command(topics.ROBOT_CMD_VEL, cmd_vel(robot), encode, stop))
    if robot.joints:
        # No stop: the controller holds the end of a trajectory, 0.3 s after the last command at
        # most. To send where the joints are again and again would have them sink under a load.
        found.append(Command(topics.ROBOT_JOINTS, arm(robot), _reach))
    return tuple(found)


def _reach(command: Any, view: View) -> Any:
    trajectories.complete(command, view, JOINT_STATES)
    return trajectories.reach(command, view, JOINT_STATES)


def _rest(view: View) -> Any:
    return braking.rest(view, JOINT_STATES)


DEAF = ("activate the robot's controllers, or correct in the robot file their names and the "
        'command type (options) or the namespace (native)')
ABSENT = {
    topics.ESTOP: 'ros2_control does not tell it: say has_estop: false in the robot file',
    topics.ROBOT_MODE: 'ros2_control tells it in types that are not everywhere',
    topics.CONTROL_OWNER: 'nobody tells it: ours, unless others publish the command topics',
    topics.DIAGNOSTICS: 'the controller manager publishes /diagnostics itself',
    topics.ODOM: 'no base',
    topics.IMU: 'name its broadcaster in options: {imu: imu_sensor_broadcaster}',
    topics.BATTERY: 'name its broadcaster in options: {battery: battery_state_broadcaster}'}


def adapter(robot: Robot) -> Adapter:
    """Return the tables of a robot behind ros2_control."""
    inputs = _inputs(robot)
    told = {route.neutral for route in inputs}
    return Adapter(
        name='ros2_control',
        inputs=inputs,
        commands=_commands(robot),
        needs={JOINT_STATES: NEEDED_S, **({odom(robot): NEEDED_S} if robot.base else {})},
        requests={'stop': (Say('rest', arm(robot), _rest),)} if robot.joints else {},
        absent={topic: why for topic, why in ABSENT.items() if topic not in told},
        remedies={**standard.remedies(plain(robot)), '': DEAF})
