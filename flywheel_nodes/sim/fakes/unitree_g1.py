"""A Unitree G1 that is not there: its states, its motion service's FSM, its remote, its faults."""

import json
from typing import Any

from flywheel_nodes.adapters import unitree_g1 as native
from flywheel_nodes.core.clock import Now
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.fakes.unitree import (
    BAD_PARAMETER,
    fill_odometry,
    NOT_IMPLEMENTED,
    numbers,
    RefusedError,
)
from flywheel_nodes.sim.fakes.unitree_walker import Walker, WARM

ZERO_TORQUE, DAMP, SQUAT, SIT, STAND, WALKING = 0, 1, 2, 3, 4, 500
# Of each FSM id: the ids it is reached from, all when empty.
REACHED: dict[int, tuple[int, ...]] = {
    ZERO_TORQUE: (), DAMP: (), SQUAT: (DAMP, STAND, WALKING), SIT: (DAMP, STAND, WALKING),
    STAND: (DAMP, SQUAT, SIT, WALKING), WALKING: (STAND,)}
NOT_AVAILABLE, INVALID_FSM = 7301, 7302
HEIGHT = 0.74
HOT_MOTOR = native.ORDER.index('left_knee_joint')


class Fake(Walker):
    """The robot."""

    legs = 12

    def __init__(self, kit: Kit) -> None:
        """Have it in its walking state, standing."""
        self.fsm = WALKING
        self._motors = native.motors(kit.robot).values()
        self._odom = kit.make(native.ODOM_STATE.type)()
        self._bms = kit.make(native.BATTERY.type)()
        super().__init__(kit, native.LOW_STATE, native.Api.SET_VELOCITY,
                         '{"velocity":[0.3,0,0.2],"duration":0.5}')
        self._sense(native.SLOW_STATE, 20.0, self._health)
        self._sense(native.ODOM_STATE, 20.0, self._odometry)
        self._sense(native.BATTERY, 1.0, self._battery)

    # --- the motion service ---------------------------------------------------------------------

    def ask(self, api: int, parameter: dict[str, Any], now_ns: int) -> str:
        """Do what a request asks for; raises RefusedError."""
        if api == native.Api.GET_FSM_ID:
            return json.dumps({'data': self.fsm})
        if api == native.Api.GET_FSM_MODE:
            return json.dumps({'data': 0})
        if api == native.Api.SET_FSM_ID:
            self._enter(int(numbers(parameter.get('data'))[0]), now_ns)
        elif api == native.Api.SET_VELOCITY:
            self._set_velocity(parameter, now_ns)
        else:
            raise RefusedError(NOT_IMPLEMENTED)
        return ''

    def _enter(self, fsm: int, now_ns: int) -> None:
        if fsm not in REACHED or (REACHED[fsm] and self.fsm not in REACHED[fsm]):
            raise RefusedError(INVALID_FSM)
        self.walk.stop(now_ns)
        self.fsm = fsm

    def _set_velocity(self, parameter: dict[str, Any], now_ns: int) -> None:
        asked = parameter.get('velocity')
        if not isinstance(asked, list) or len(asked) != 3:
            raise RefusedError(BAD_PARAMETER)
        speed = numbers(*asked)
        seconds, = numbers(parameter.get('duration', 1.0))
        if self.fsm != WALKING:
            raise RefusedError(NOT_AVAILABLE)
        self.walk.go(speed, seconds, now_ns)

    def sink(self) -> None:
        """Damp all motors."""
        self.fsm = DAMP

    def got_up(self) -> None:
        """Stay damped: whoever lifted it up has it stand."""

    # --- senses ---------------------------------------------------------------------------------

    def pose(self, index: int) -> float:
        """Return where a leg's motor is: upright, all at 0."""
        return 0.0

    def _health(self, now: Now) -> Any:
        state = self._slow
        for index in self._motors:
            heat = self._heat if index == HOT_MOTOR else WARM
            state.motor_state[index].temperature = [heat - 4, heat]
            state.motor_state[index].vol = 48.0
        state.wireless_remote = [*self.remote.in_state()]
        return state

    def _odometry(self, now: Now) -> Any:
        if self.fsm != WALKING:
            return None
        fill_odometry(self._odom, self._world, HEIGHT, self._roll)
        return self._odom

    def _battery(self, now: Now) -> Any:
        self._bms.soc, self._bms.cell_vol = self._charge, [3800] * 40
        return self._bms

    # --- the loop -------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Keep to the state: only in the walking one is there walking."""
        if self.fsm == WALKING:
            self.walk.step(now.mono)
        elif self.walk.walking:
            self.walk.stop(now.mono)
        self._app.step(now)
