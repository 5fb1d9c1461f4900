"""A Unitree G1 that is not there: its states, its motion service's FSM, its remote, its faults."""

from collections.abc import Callable
import json
from typing import Any

from flywheel_nodes.adapters import unitree_g1 as native
from flywheel_nodes.adapters.unitree import WIRELESS
from flywheel_nodes.core.clock import Now
from flywheel_nodes.sim.fakes.kit import Kit, Switch
from flywheel_nodes.sim.fakes.unitree import (
    App,
    BAD_PARAMETER,
    fill_imu,
    fill_odometry,
    FULL,
    gait,
    HOT,
    LOW,
    NOT_IMPLEMENTED,
    numbers,
    RefusedError,
    Remote,
    Server,
    Walk,
    WARM,
)

ZERO_TORQUE, DAMP, SQUAT, SIT, STAND, WALKING = 0, 1, 2, 3, 4, 500
# Of each FSM id: the ids it is reached from, all when empty.
REACHED: dict[int, tuple[int, ...]] = {
    ZERO_TORQUE: (), DAMP: (), SQUAT: (DAMP, STAND, WALKING), SIT: (DAMP, STAND, WALKING),
    STAND: (DAMP, SQUAT, SIT, WALKING), WALKING: (STAND,)}
NOT_AVAILABLE, INVALID_FSM = 7301, 7302
LEGS = 12
HEIGHT, FLAT, FALLEN = 0.74, 0.2, 1.4
L2_AND_B = 1 << 5 | 1 << 9
HOT_MOTOR = native.ORDER.index('left_knee_joint')


class Fake:
    """The robot; faults: see __init__."""

    def __init__(self, kit: Kit) -> None:
        """Have it in its walking state, standing."""
        self.fsm = WALKING
        self._kit, self._world = kit, kit.world
        self._motors = native.motors(kit.robot).values()
        self._roll = 0.0
        self._off = False
        self.remote = Remote()
        self.walk = Walk(kit.world)
        self.server = Server(kit, self.ask)
        self._app = App(kit, native.Api.SET_VELOCITY, '{"velocity":[0.3,0,0.2],"duration":0.5}')
        self._state = kit.make(native.LOW_STATE.type)()
        self._slow = kit.make(native.LOW_STATE.type)()
        self._odom = kit.make(native.ODOM_STATE.type)()
        self._bms = kit.make(native.BATTERY.type)()
        self._charge, self._heat = FULL, WARM
        self._speak()
        self.faults: dict[str, Switch] = {
            'native_takeover': self._take_over,
            'app_takeover': lambda on: setattr(self._app, 'active', on),
            'damp': self._damp,
            'fall': self._fall,
            'battery_low': lambda on: setattr(self, '_charge', LOW if on else FULL),
            'joint_overheat': lambda on: setattr(self, '_heat', HOT if on else WARM),
            'rpc_silent': lambda on: setattr(self.server, 'silent', on),
            'power_off': lambda on: setattr(self, '_off', on)}

    def _speak(self) -> None:
        def unless_off(read: Callable[[Now], Any]) -> Callable[[Now], Any]:
            return lambda now: None if self._off else read(now)
        for topic, rate, read in (
                (native.LOW_STATE, 500.0, self._low_state),
                (native.SLOW_STATE, 20.0, self._health),
                (native.ODOM_STATE, 20.0, self._odometry),
                (native.BATTERY, 1.0, self._battery),
                (WIRELESS, 50.0, lambda now: self.remote.on_topic(self._kit.make))):
            self._kit.sensor(topic, rate, unless_off(read))

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

    # --- faults ---------------------------------------------------------------------------------

    def _take_over(self, on: bool) -> None:
        self.remote.lx = 0.6 if on else 0.0
        self._world.native = on

    def _damp(self, on: bool) -> None:
        self.remote.keys = L2_AND_B if on else 0
        self.fsm = DAMP if on else self.fsm

    def _fall(self, on: bool) -> None:
        self._roll = FALLEN if on else 0.0
        self.fsm = DAMP if on else self.fsm

    # --- sensors --------------------------------------------------------------------------------

    def _low_state(self, now: Now) -> Any:
        state, world = self._state, self._world
        fill_imu(state.imu_state, world, self._roll)
        for index in range(LEGS):
            state.motor_state[index].q = gait(world, now, index)
        state.tick = now.mono // 1_000_000 & 0xFFFFFFFF
        state.wireless_remote = [*self.remote.in_state()]
        return state

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
