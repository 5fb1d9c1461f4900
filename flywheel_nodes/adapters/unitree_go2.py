"""Unitree Go2 with its own motion service (high level, "sport")."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from flywheel_nodes.adapters import unitree, unitree_cdr
from flywheel_nodes.adapters.base import Adapter, Command, Route, Say, Status, View
from flywheel_nodes.adapters.health import diagnostics, status
from flywheel_nodes.adapters.unitree import REQUEST, WIRELESS
from flywheel_nodes.adapters.unitree_state import (
    battery,
    imu,
    joint_states,
    odometry,
)
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot

LEGS, PARTS = ('FR', 'FL', 'RR', 'RL'), ('hip', 'thigh', 'calf')
MOTORS = {f'{leg}_{part}_joint': 3 * i + k
          for i, leg in enumerate(LEGS) for k, part in enumerate(PARTS)}
LOW_STATE = unitree.native('lowstate', 'unitree_go/msg/LowState', 'motors and inertial unit',
                           500.0)
SLOW_STATE = unitree.native('lf/lowstate', LOW_STATE.type, 'the same, for health', 20.0)
SPORT_STATE = unitree.native('lf/sportmodestate', 'unitree_go/msg/SportModeState',
                             'mode and odometry', 20.0)


class Api(IntEnum):
    """What we ask of a Go2."""

    DAMP = 1001
    STOP_MOVE = 1003
    MOVE = 1008


MODES = {0: 'idle', 1: 'balance stand', 2: 'pose', 3: 'locomotion', 5: 'lie down',
         6: 'joint lock', 7: 'damping', 8: 'recovery stand', 10: 'sit'}
WALKS = (0, 1, 2, 3)
STAND_UP = 'stand it up with its remote or the app (StandUp, then BalanceStand)'
FOREIGN = unitree.foreign(harmless=frozenset())
OTHERS = (*unitree.remote_moved(SLOW_STATE), FOREIGN)


def adapter(robot: Robot) -> Adapter:
    """Return the tables of a Go2."""
    stop = Say('StopMove', REQUEST, _stop)
    return Adapter(
        name='unitree_go2',
        inputs=(
            Route(LOW_STATE, topics.JOINT_STATES, joint_states(MOTORS), 100.0),
            Route(LOW_STATE, topics.IMU, imu('imu'), 100.0),
            Route(SPORT_STATE, topics.ODOM, odometry),
            Route(SLOW_STATE, topics.BATTERY, _battery, 1.0),
            Route(SLOW_STATE, topics.DIAGNOSTICS, _health, 1.0),
        ),
        states=(
            Status(topics.CONTROL_OWNER, (SLOW_STATE, WIRELESS),
                   unitree.owner(SLOW_STATE, OTHERS)),
            Status(topics.ROBOT_MODE, (SPORT_STATE,), mode),
        ),
        commands=(Command(topics.ROBOT_CMD_VEL, REQUEST, _move, _stop, unitree.COMMAND_HZ),),
        needs={SLOW_STATE: 0.5, SPORT_STATE: 0.5},
        refusal=refusal,
        rpcs=(unitree.SPORT,),
        requests={'stop': (stop,)},
        estops={'stop': (stop,), 'damp': (Say('Damp', REQUEST, _damp),)},
        absent={topics.ESTOP: 'a Go2 has no emergency stop topic: L2+B on the remote damps it, '
                              'which robot_mode tells'},
        packages=unitree.PACKAGES,
        readers={LOW_STATE: unitree_cdr.go_low_state, SLOW_STATE: unitree_cdr.go_low_state,
                 SPORT_STATE: unitree_cdr.sport_state, WIRELESS: unitree_cdr.wireless},
        joints=tuple(MOTORS),
        picks=OTHERS,
        shared=frozenset({REQUEST}),
        remedies={'unitree_hg/msg/LowState': 'this is no Go2 but a G1 or another humanoid of '
                                             'Unitree: for a G1 take the robot unitree_g1'})


# --- what it tells -------------------------------------------------------------------------------

def mode(view: View) -> str | None:
    """Return the mode in the robot's own words, None while it is unknown."""
    told = view.last(SPORT_STATE, unitree.SILENT_S)
    return MODES.get(told.mode, f'mode {told.mode}') if told else None


def refusal(view: View) -> str:
    """Return why the robot cannot walk now."""
    told = view.last(SPORT_STATE)
    if told is None or told.mode in WALKS:
        return ''
    return f'the robot is in mode {told.mode} ({MODES.get(told.mode, "not known")}): {STAND_UP}'


def _battery(message: Any, view: View) -> Any:
    return battery(message.bms_state.soc, message.bms_state.cell_vol, message.power_v, view)


def _health(message: Any, view: View) -> Any:
    return diagnostics(_statuses(message, view), view)


def _statuses(message: Any, view: View) -> Iterator[Any]:
    for name, index in MOTORS.items():
        motor = message.motor_state[index]
        yield status(view, name, (('temperature_celsius', f'{motor.temperature:.1f}'),
                                  ('lost', str(motor.lost))))
    bms = message.bms_state
    yield status(view, 'battery', (('status', str(bms.status)), ('cycles', str(bms.cycle))))
    yield status(view, 'board', (('ntc1_celsius', f'{message.temperature_ntc1:.1f}'),
                                 ('ntc2_celsius', f'{message.temperature_ntc2:.1f}')))
    sport = view.last(SPORT_STATE, unitree.SILENT_S)
    if sport:
        yield status(view, 'sport', (('mode', str(sport.mode)),
                                     ('error_code', str(sport.error_code))))


# --- what it is told -----------------------------------------------------------------------------

def _move(message: Any, view: View) -> Any:
    vx, vy, wz = unitree.speeds(message)
    return unitree.often(view, Api.MOVE, {'x': vx, 'y': vy, 'z': wz})


def _stop(view: View) -> Any:
    return unitree.request(view, Api.STOP_MOVE)


def _damp(view: View) -> Any:
    return unitree.request(view, Api.DAMP)
