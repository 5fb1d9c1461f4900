"""Unitree G1 with 29 or 23 degrees of freedom and its own motion service (high level, "loco")."""

from collections.abc import Callable, Iterator
from enum import IntEnum
import json
from typing import Any

from flywheel_nodes.adapters import unitree, unitree_cdr
from flywheel_nodes.adapters.base import Adapter, Command, Pick, Poll, Route, Say, Status, View
from flywheel_nodes.adapters.health import diagnostics, status
from flywheel_nodes.adapters.unitree import REQUEST, RESPONSE, WIRELESS
from flywheel_nodes.adapters.unitree_state import (
    battery,
    imu,
    joint_states,
    odometry,
    UNKNOWN,
)
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot

OPTIONS = {'dof': ('29', '23')}
_LEG = ('hip_pitch', 'hip_roll', 'hip_yaw', 'knee', 'ankle_pitch', 'ankle_roll')
_ARM = ('shoulder_pitch', 'shoulder_roll', 'shoulder_yaw', 'elbow', 'wrist_roll', 'wrist_pitch',
        'wrist_yaw')
ORDER = (*(f'left_{one}_joint' for one in _LEG), *(f'right_{one}_joint' for one in _LEG),
         'waist_yaw_joint', 'waist_roll_joint', 'waist_pitch_joint',
         *(f'left_{one}_joint' for one in _ARM), *(f'right_{one}_joint' for one in _ARM))
NOT_IN_23 = (13, 14, 20, 21, 27, 28)

LOW_STATE = unitree.native('lowstate', 'unitree_hg/msg/LowState', 'motors and inertial unit',
                           500.0)
SLOW_STATE = unitree.native('lf/lowstate', LOW_STATE.type, 'the same, for health', 20.0)
ODOM_STATE = unitree.native('lf/odommodestate', 'unitree_go/msg/SportModeState',
                            'odometry, while the motion service runs', 20.0)
BATTERY = unitree.native('lf/bmsstate', 'unitree_hg/msg/BmsState', 'the battery')


class Api(IntEnum):
    """What we ask of a G1, and the questions of others that move nothing."""

    GET_FSM_ID = 7001
    GET_FSM_MODE = 7002
    SET_FSM_ID = 7101
    SET_VELOCITY = 7105


DAMP = 1
FSM = {0: 'zero torque', DAMP: 'damp', 2: 'squat', 3: 'sit', 4: 'stand', 500: 'walk',
       501: 'walk with the waist', 801: 'run'}
WALKS = (500, 501, 801)
START = 'bring it to its walking state with its remote or the app'
DURATION = 0.5
POLL_S, FSM_S = 0.5, 2.0
LONGEST_ANSWER = 64


def fsm_in(message: Any) -> int | None:
    """Return the FSM id in an answer, None where it says none."""
    header = message.header
    if header.identity.api_id != Api.GET_FSM_ID or header.status.code:
        return None
    if len(message.data) > LONGEST_ANSWER:
        return None
    try:
        told = json.loads(message.data)
    except ValueError:
        return None
    found = told.get('data') if isinstance(told, dict) else None
    return found if type(found) is int else None


FSM_TOLD = Pick('FSM id', RESPONSE, lambda message, view: fsm_in(message) is not None)
FOREIGN = unitree.foreign(frozenset({Api.GET_FSM_ID, Api.GET_FSM_MODE}))
OTHERS = (*unitree.remote_moved(SLOW_STATE), FOREIGN)


def motors(robot: Robot) -> dict[str, int]:
    """Return the index of each joint's motor in LowState."""
    without = NOT_IN_23 if robot.options.get('dof', '29') == '23' else ()
    return {name: index for index, name in enumerate(ORDER) if index not in without}


def adapter(robot: Robot) -> Adapter:
    """Return the tables of a G1."""
    known = motors(robot)
    stop = Say('SetVelocity 0', REQUEST, _stop)
    return Adapter(
        name='unitree_g1',
        inputs=(
            Route(LOW_STATE, topics.JOINT_STATES, joint_states(known), 100.0),
            Route(LOW_STATE, topics.IMU, imu('imu_in_pelvis'), 100.0),
            Route(ODOM_STATE, topics.ODOM, odometry),
            Route(BATTERY, topics.BATTERY, _battery, 1.0),
            Route(SLOW_STATE, topics.DIAGNOSTICS, _health(known), 1.0),
        ),
        states=(
            Status(topics.CONTROL_OWNER, (SLOW_STATE, WIRELESS),
                   unitree.owner(SLOW_STATE, OTHERS)),
            Status(topics.ROBOT_MODE, (RESPONSE,), mode),
        ),
        commands=(Command(topics.ROBOT_CMD_VEL, REQUEST, _move, _stop, unitree.COMMAND_HZ),),
        needs={SLOW_STATE: 0.5},
        refusal=refusal,
        rpcs=(unitree.SPORT,),
        polls=(Poll(Say('GetFsmId', REQUEST, _get_fsm), POLL_S),),
        requests={'stop': (stop,)},
        estops={'stop': (stop,), 'damp': (Say('SetFsmId 1 (damp)', REQUEST, _damp),)},
        absent={topics.ESTOP: 'a G1 has no emergency stop topic: L2+B on the remote damps it, '
                              'which robot_mode tells'},
        packages=unitree.PACKAGES,
        readers={LOW_STATE: unitree_cdr.hg_low_state, SLOW_STATE: unitree_cdr.hg_low_state,
                 ODOM_STATE: unitree_cdr.sport_state, WIRELESS: unitree_cdr.wireless},
        joints=tuple(known),
        picks=(*OTHERS, FSM_TOLD),
        shared=frozenset({REQUEST}),
        remedies={'unitree_go/msg/LowState': 'this is no G1 but a Go2 or another robot of '
                                             'Unitree: for a Go2 take the robot unitree_go2'})


# --- what it tells -------------------------------------------------------------------------------

def _fsm(view: View) -> int | None:
    told = view.last(FSM_TOLD, FSM_S)
    return fsm_in(told) if told else None


def mode(view: View) -> str | None:
    """Return the state in the robot's own words, None while it is unknown."""
    found = _fsm(view)
    return FSM.get(found, f'FSM {found}') if found is not None else None


def refusal(view: View) -> str:
    """Return why the robot cannot walk now."""
    found = _fsm(view)
    if found is None:
        return ('the robot does not say in which state it is (api 7001): is its motion service '
                'on, and not released (debug mode)?')
    if found in WALKS:
        return ''
    return f'the robot is in FSM state {found} ({FSM.get(found, "not known")}): {START}'


def _battery(message: Any, view: View) -> Any:
    return battery(message.soc, message.cell_vol, UNKNOWN, view)


def _health(known: dict[str, int]) -> Callable[[Any, View], Any]:
    def statuses(message: Any, view: View) -> Iterator[Any]:
        for name, index in known.items():
            motor = message.motor_state[index]
            wrong = f'motor state {motor.motorstate:#x}' if motor.motorstate else ''
            yield status(view, name, (
                ('temperature_celsius', f'{max(motor.temperature):.1f}'),
                ('voltage', f'{motor.vol:.1f}')), wrong)

    def convert(message: Any, view: View) -> Any:
        return diagnostics(statuses(message, view), view)
    return convert


# --- what it is told -----------------------------------------------------------------------------

def _velocity(*speeds: float) -> dict[str, Any]:
    return {'velocity': list(speeds), 'duration': DURATION}


def _move(message: Any, view: View) -> Any:
    return unitree.often(view, Api.SET_VELOCITY, _velocity(*unitree.speeds(message)))


def _stop(view: View) -> Any:
    return unitree.request(view, Api.SET_VELOCITY, _velocity(0.0, 0.0, 0.0))


def _damp(view: View) -> Any:
    return unitree.request(view, Api.SET_FSM_ID, {'data': DAMP})


def _get_fsm(view: View) -> Any:
    return unitree.request(view, Api.GET_FSM_ID)
