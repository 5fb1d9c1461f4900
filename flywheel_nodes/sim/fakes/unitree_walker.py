"""What a Go2 and a G1 that are not there have in common: senses, remote, app, and their faults."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from flywheel_nodes.adapters.unitree import WIRELESS
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.sim.fakes.kit import Kit, Switch
from flywheel_nodes.sim.fakes.unitree import App, fill_imu, gait, Remote, Server, Walk

FULL, LOW = 87, 8
WARM, HOT = 38, 96
FALLEN = 1.4
L2_AND_B = 1 << 5 | 1 << 9
Read = Callable[[Now], Any]


class Walker(ABC):
    """
    A robot on legs behind a motion service; what its modes are is up to its kind.

    faults: what can go wrong with it, on demand, by name.
    """

    legs: int

    def __init__(self, kit: Kit, low_state: Topic, api: int, parameter: str) -> None:
        """
        Have it stand.

        :param low_state: the topic of all its motors
        :param api: what the vendor's app asks for while it is active, with its parameter
        """
        self._kit, self._world = kit, kit.world
        self._roll, self._off = 0.0, False
        self._charge, self._heat = FULL, WARM
        self._state, self._slow = (kit.make(low_state.type)() for _ in range(2))
        self.remote, self.walk = Remote(), Walk(kit.world)
        self.server = Server(kit, self.ask)
        self._app = App(kit, api, parameter)
        self.faults: dict[str, Switch] = {
            'native_takeover': self._take_over,
            'app_takeover': lambda on: setattr(self._app, 'active', on),
            'damp': self._damp,
            'fall': self._fall,
            'battery_low': lambda on: setattr(self, '_charge', LOW if on else FULL),
            'joint_overheat': lambda on: setattr(self, '_heat', HOT if on else WARM),
            'rpc_silent': lambda on: setattr(self.server, 'silent', on),
            'power_off': lambda on: setattr(self, '_off', on)}
        self._sense(low_state, 500.0, self._low_state)
        self._sense(WIRELESS, 50.0, lambda now: self.remote.on_topic(kit.make))

    def _sense(self, topic: Topic, rate: float, read: Read) -> None:
        """Publish what read() returns at a rate, unless the robot is switched off."""
        self._kit.sensor(topic, rate, lambda now: None if self._off else read(now))

    # --- its kind -------------------------------------------------------------------------------

    @abstractmethod
    def ask(self, api: int, parameter: dict[str, Any], now_ns: int) -> str:
        """Do what a request asks for; raises RefusedError."""

    @abstractmethod
    def sink(self) -> None:
        """Damp all motors."""

    @abstractmethod
    def got_up(self) -> None:
        """Come to after a fall."""

    @abstractmethod
    def pose(self, index: int) -> float:
        """Return where a leg's motor is while the robot does not walk, in rad."""

    # --- faults ---------------------------------------------------------------------------------

    def _take_over(self, on: bool) -> None:
        self.remote.lx = 0.6 if on else 0.0
        self._world.native = on

    def _damp(self, on: bool) -> None:
        self.remote.keys = L2_AND_B if on else 0
        if on:
            self.sink()

    def _fall(self, on: bool) -> None:
        self._roll = FALLEN if on else 0.0
        (self.sink if on else self.got_up)()

    # --- senses ---------------------------------------------------------------------------------

    def _low_state(self, now: Now) -> Any:
        state, world = self._state, self._world
        fill_imu(state.imu_state, world, self._roll)
        for index in range(self.legs):
            state.motor_state[index].q = self.pose(index) + gait(world, now, index)
        state.tick = now.mono // 1_000_000 & 0xFFFFFFFF
        state.wireless_remote = [*self.remote.in_state()]
        return state
