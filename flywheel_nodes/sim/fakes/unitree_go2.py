"""A Unitree Go2 that is not there: its states, its motion service, its remote and its faults."""

from collections.abc import Callable
from typing import Any

from flywheel_nodes.adapters import unitree_go2 as native
from flywheel_nodes.adapters.unitree import WIRELESS
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.sim.fakes.kit import Kit, Switch
from flywheel_nodes.sim.fakes.unitree import (
    App,
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

BALANCE, LOCOMOTION, LYING, LOCKED, DAMPING, RECOVERY, SITTING = 1, 3, 5, 6, 7, 8, 10
STANDING = (BALANCE, LOCOMOTION)
NOT_NOW = 4201  # what a real one answers is not documented
# Of each api id that changes the mode: the modes it works from (all if empty), and the one after.
CHANGES: dict[int, tuple[tuple[int, ...], int]] = {
    1001: ((), DAMPING), 1002: ((*STANDING, LOCKED), BALANCE),
    1004: ((*STANDING, LYING, DAMPING, LOCKED), LOCKED), 1005: ((*STANDING, LOCKED), LYING),
    1006: ((), RECOVERY), 1009: (STANDING, SITTING), 1010: ((SITTING,), BALANCE)}
RECOVERS_NS = 3 * SECOND // 2
STAND, LIE = (0.0, 0.8, -1.5), (0.0, 1.3, -2.7)
HEIGHT, FLAT = 0.31, 0.08
FALLEN = 1.4
L2_AND_B = 1 << 5 | 1 << 9
HOT_MOTOR = native.MOTORS['RR_calf_joint']


class Fake:
    """The robot; faults: see __init__."""

    def __init__(self, kit: Kit) -> None:
        """Have it stand."""
        self.mode = BALANCE
        self._kit, self._world = kit, kit.world
        self._lasts = kit.shell.config.drive_timeout
        self._roll, self._recovered_ns = 0.0, 0
        self._off = False
        self.remote = Remote()
        self.walk = Walk(kit.world)
        self.server = Server(kit, self.ask)
        self._app = App(kit, native.Api.MOVE, '{"x":0.3,"y":0,"z":0.2}')
        self._state = kit.make(native.LOW_STATE.type)()
        self._slow = kit.make(native.LOW_STATE.type)()
        self._sport = kit.make(native.SPORT_STATE.type)()
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
                (native.SPORT_STATE, 20.0, self._sport_state),
                (WIRELESS, 50.0, lambda now: self.remote.on_topic(self._kit.make))):
            self._kit.sensor(topic, rate, unless_off(read))

    # --- the motion service ---------------------------------------------------------------------

    def ask(self, api: int, parameter: dict[str, Any], now_ns: int) -> str:
        """Do what a request asks for; raises RefusedError."""
        if api == native.Api.STOP_MOVE:
            self.walk.stop(now_ns)
        elif api == native.Api.MOVE:
            self._move(parameter, now_ns)
        elif api in CHANGES:
            self._change(*CHANGES[api], now_ns)
        else:
            raise RefusedError(NOT_IMPLEMENTED)
        return ''

    def _move(self, parameter: dict[str, Any], now_ns: int) -> None:
        speed = numbers(*(parameter.get(axis) for axis in 'xyz'))
        if self.mode not in STANDING:
            raise RefusedError(NOT_NOW)
        self.walk.go(speed, self._lasts, now_ns)

    def _change(self, works_from: tuple[int, ...], to: int, now_ns: int) -> None:
        if (works_from and self.mode not in works_from) or (self._roll and to == LOCKED):
            raise RefusedError(NOT_NOW)
        self.walk.stop(now_ns)
        self.mode = to
        if to == RECOVERY:
            self._recovered_ns = now_ns + RECOVERS_NS

    # --- faults ---------------------------------------------------------------------------------

    def _take_over(self, on: bool) -> None:
        self.remote.lx = 0.6 if on else 0.0
        self._world.native = on

    def _damp(self, on: bool) -> None:
        self.remote.keys = L2_AND_B if on else 0
        self.mode = DAMPING if on else self.mode

    def _fall(self, on: bool) -> None:
        self._roll = FALLEN if on else 0.0
        self.mode = DAMPING if on else LYING

    # --- sensors --------------------------------------------------------------------------------

    def _low_state(self, now: Now) -> Any:
        state, world = self._state, self._world
        fill_imu(state.imu_state, world, self._roll)
        pose = STAND if self.mode in (*STANDING, LOCKED) else LIE
        for index in range(len(native.MOTORS)):
            motor = state.motor_state[index]
            motor.q = pose[index % 3] + gait(world, now, index)
        state.tick = now.mono // 1_000_000 & 0xFFFFFFFF
        state.wireless_remote = [*self.remote.in_state()]
        return state

    def _health(self, now: Now) -> Any:
        state = self._slow
        for index, motor in enumerate(state.motor_state):
            motor.temperature = self._heat if index == HOT_MOTOR else WARM
        state.bms_state.soc = self._charge
        state.bms_state.cell_vol = [3700] * 15
        state.power_v = 29.0
        state.wireless_remote = [*self.remote.in_state()]
        return state

    def _sport_state(self, now: Now) -> Any:
        state = self._sport
        state.mode = self.mode
        fill_odometry(state, self._world, HEIGHT if self.mode in STANDING else FLAT, self._roll)
        return state

    # --- the loop -------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Keep to the mode: only who stands walks, and recovering takes its time."""
        if self.mode == RECOVERY and now.mono >= self._recovered_ns:
            self.mode, self._roll = BALANCE, 0.0
        if self.mode in STANDING:
            self.walk.step(now.mono)
            self.mode = LOCOMOTION if self.walk.walking else BALANCE
        elif self.walk.walking:
            self.walk.stop(now.mono)
        self._app.step(now)
