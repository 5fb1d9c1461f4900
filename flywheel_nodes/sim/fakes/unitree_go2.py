"""A Unitree Go2 that is not there: its states, its motion service, its remote and its faults."""

from typing import Any

from flywheel_nodes.adapters import unitree_go2 as native
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.fakes.unitree import (
    fill_odometry,
    NOT_IMPLEMENTED,
    numbers,
    RefusedError,
)
from flywheel_nodes.sim.fakes.unitree_walker import Walker, WARM

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
HOT_MOTOR = native.MOTORS['RR_calf_joint']


class Fake(Walker):
    """The robot."""

    legs = len(native.MOTORS)

    def __init__(self, kit: Kit) -> None:
        """Have it stand."""
        self.mode, self._recovered_ns = BALANCE, 0
        self._lasts = kit.shell.config.drive_timeout
        self._sport = kit.make(native.SPORT_STATE.type)()
        super().__init__(kit, native.LOW_STATE, native.Api.MOVE, '{"x":0.3,"y":0,"z":0.2}')
        self._sense(native.SLOW_STATE, 20.0, self._health)
        self._sense(native.SPORT_STATE, 20.0, self._sport_state)

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

    def sink(self) -> None:
        """Damp all motors."""
        self.mode = DAMPING

    def got_up(self) -> None:
        """Come to after a fall, on its belly."""
        self.mode = LYING

    # --- senses ---------------------------------------------------------------------------------

    def pose(self, index: int) -> float:
        """Return where a leg's motor is, in rad: standing, or on the ground."""
        return (STAND if self.mode in (*STANDING, LOCKED) else LIE)[index % 3]

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
