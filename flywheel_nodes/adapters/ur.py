"""
Universal Robots behind ur_robot_driver: a scaled trajectory controller, and what the robot says.

The driver says modes once, latched, and only when they change; while its program has never run it
does not even say that it does not. What it said counts while its joint states come.
"""

from collections.abc import Iterator
from typing import Any

from flywheel_nodes.adapters import braking, health, standard, trajectories
from flywheel_nodes.adapters.base import (
    Adapter,
    Ask,
    Command,
    NAME,
    Route,
    Say,
    Status,
    View,
)
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.core.watching.robot_watch import Owner

OPTIONS = {'controller': NAME}
PACKAGES = {'ur_dashboard_msgs': 'install ros-$ROS_DISTRO-ur-robot-driver'}
TRIGGER = 'std_srvs/srv/Trigger'
IO = 'io_and_status_controller'
NEEDED_S = 0.5
JOINTS_HZ = 100.0

JOINT_STATES = standard.native('joint_states', topics.JOINT_STATES, 'joint_state_broadcaster',
                               rate=500.0)
SCALING = Topic('speed_scaling_state_broadcaster/speed_scaling', 'std_msgs/msg/Float64',
                Qos(reliable=False), 'the robot', 'share of the commanded speed, in percent',
                100.0, recorded=False)

MODES = {-1: 'NO_CONTROLLER', 0: 'DISCONNECTED', 1: 'CONFIRM_SAFETY', 2: 'BOOTING', 3: 'POWER_OFF',
         4: 'POWER_ON', 5: 'IDLE', 6: 'BACKDRIVE', 7: 'RUNNING', 8: 'UPDATING_FIRMWARE'}
SAFETY = {1: 'NORMAL', 2: 'REDUCED', 3: 'PROTECTIVE_STOP', 4: 'RECOVERY', 5: 'SAFEGUARD_STOP',
          6: 'SYSTEM_EMERGENCY_STOP', 7: 'ROBOT_EMERGENCY_STOP', 8: 'VIOLATION', 9: 'FAULT',
          10: 'VALIDATE_JOINT_ID', 11: 'UNDEFINED_SAFETY_MODE',
          12: 'AUTOMATIC_MODE_SAFEGUARD_STOP', 13: 'SYSTEM_THREE_POSITION_ENABLING_STOP'}
PRESSED = ('SYSTEM_EMERGENCY_STOP', 'ROBOT_EMERGENCY_STOP')
MOVING = ('NORMAL', 'REDUCED')
UNDEFINED = 'UNDEFINED_SAFETY_MODE'


def _latched(name: str, type_: str, meaning: str) -> Topic:
    return Topic(f'{IO}/{name}', type_, Qos(latched=True), 'the robot', meaning, recorded=False)


ROBOT_MODE = _latched('robot_mode', 'ur_dashboard_msgs/msg/RobotMode', 'power and brakes')
SAFETY_MODE = _latched('safety_mode', 'ur_dashboard_msgs/msg/SafetyMode', 'what safety says')
PROGRAM = _latched('robot_program_running', 'std_msgs/msg/Bool',
                   'whether the robot runs the program that listens to the driver')
LATCHED = (ROBOT_MODE, SAFETY_MODE, PROGRAM)


def controller(robot: Robot) -> Topic:
    """Return the trajectory controller's command topic."""
    name = robot.options.get('controller', 'scaled_joint_trajectory_controller')
    return Topic(f'{name}/joint_trajectory', trajectories.TRAJECTORY, Qos(), 'robot_adapter',
                 'where the joints shall be, and when', recorded=False)


# --- what it tells -------------------------------------------------------------------------------

def _said(topic: Topic, view: View) -> Any | None:
    alive = view.last(JOINT_STATES, NEEDED_S) is not None
    return view.last(topic) if alive else None


def _word(topic: Topic, words: dict[int, str], view: View) -> str:
    said = _said(topic, view)
    return words.get(said.mode, f'mode {said.mode}') if said else ''


def mode(view: View) -> str:
    """Return the robot's word for its mode, '' while it is unknown."""
    return _word(ROBOT_MODE, MODES, view)


def safety(view: View) -> str:
    """Return the robot's word for its safety mode, '' while it is unknown."""
    return _word(SAFETY_MODE, SAFETY, view)


def program(view: View) -> bool | None:
    """Return whether the robot listens to the driver, None while it is unknown."""
    said = _said(PROGRAM, view)
    return said.data if said else None


def _estop(view: View) -> Any:
    word = safety(view)
    known = word in SAFETY.values() and word != UNDEFINED
    return word in PRESSED if known else None


def _owner(view: View) -> Any:
    if mode(view) == 'BACKDRIVE' or program(view) is False:
        return Owner.NATIVE
    return Owner.FLYWHEEL if program(view) else None


def _told_mode(view: View) -> Any:
    words = [word for word in (mode(view), safety(view)) if word and word != 'NORMAL']
    words += ['program not running'] if program(view) is False else []
    return ', '.join(words) or None


def _health(message: Any, view: View) -> Any:
    return health.diagnostics(_statuses(view), view)


def _statuses(view: View) -> Iterator[Any]:
    if word := mode(view):
        yield health.status(view, 'robot_mode', (('mode', word),),
                            '' if word == 'RUNNING' else word)
    if word := safety(view):
        yield health.status(view, 'safety_mode', (('mode', word),),
                            '' if word == 'NORMAL' else word)
    running = program(view)
    if running is not None:
        yield health.status(view, 'program', (('running', str(running).lower()),),
                            '' if running else 'not running')


def _scaling(message: Any, view: View) -> Any:
    return health.diagnostics([health.status(view, 'speed_scaling', (
        ('percent', f'{message.data:.1f}'),))], view)


def refusal(view: View) -> str:
    """Return why the arm must not be commanded now, with the remedy; '' when nothing is wrong."""
    word = safety(view)
    if word not in MOVING:
        return (f'safety mode {word or "unknown"}: clear the cause at the robot and unlock it on '
                'the pendant')
    if mode(view) != 'RUNNING':
        return (f'robot mode {mode(view) or "unknown"}: power it on and release its brakes on the '
                'pendant')
    if not program(view):
        return ('its program for the driver does not run: start External Control on the pendant, '
                'or call robot_adapter/claim where the driver is headless')
    return ''


# --- what it is told -----------------------------------------------------------------------------

def _reach(command: Any, view: View) -> Any:
    trajectories.complete(command, view, JOINT_STATES)
    return trajectories.reach(command, view, JOINT_STATES)


def _hold(view: View) -> Any:
    return braking.rest(view, JOINT_STATES)


def _brake(view: View) -> Any:
    # At rest the controller holds better than we: it knows where it was told to be.
    return braking.rest(view, JOINT_STATES) if braking.moves(view, JOINT_STATES) else None


def _ask(service: str) -> Ask:
    return Ask(service.rpartition('/')[2], service, TRIGGER)


ABSENT = {
    topics.IMU: 'an arm on a pedestal has none',
    topics.ODOM: 'no base',
    topics.BATTERY: 'mains powered'}


def adapter(robot: Robot) -> Adapter:
    """Return the tables of a Universal Robot."""
    hold = Say('hold', controller(robot), _hold)
    return Adapter(
        name='ur',
        inputs=(
            Route(JOINT_STATES, topics.JOINT_STATES, rate=JOINTS_HZ),
            Route(JOINT_STATES, topics.DIAGNOSTICS, _health, rate=1.0),
            Route(SCALING, topics.DIAGNOSTICS, _scaling, rate=1.0),
        ),
        states=(
            Status(topics.ESTOP, (SAFETY_MODE,), _estop),
            Status(topics.CONTROL_OWNER, (PROGRAM, ROBOT_MODE), _owner),
            Status(topics.ROBOT_MODE, LATCHED, _told_mode),
        ),
        commands=(Command(topics.ROBOT_JOINTS, controller(robot), _reach, _brake),),
        needs={JOINT_STATES: NEEDED_S},
        refusal=refusal,
        requests={'stop': (hold,), 'claim': (_ask(f'{IO}/resend_robot_program'),),
                  'release': (_ask(f'{IO}/hand_back_control'),)},
        estops={'stop': (hold,), 'stop_program': (hold, _ask('dashboard_client/stop')),
                'power_off': (hold, _ask('dashboard_client/power_off'))},
        absent=ABSENT,
        packages=PACKAGES,
        latched=LATCHED)
