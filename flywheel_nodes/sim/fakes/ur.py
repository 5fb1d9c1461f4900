"""
A Universal Robot behind its driver that is not there.

Modes are said once and only on change, as the driver does. A fault switched off means that people
put everything right again: switched on, brakes released, program started.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flywheel_nodes.adapters import ur as native
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.sim.fakes.drivers import Driver
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.fakes.ros2_control import aims, lasts, Segment
from flywheel_nodes.sim.readings import Readings

JOINTS_HZ, SCALING_HZ = 125.0, 20.0
SLOW = 20.0
MODES = {word: number for number, word in native.MODES.items()}
SAFETY = {word: number for number, word in native.SAFETY.items()}


class Fake:
    """One arm; mode and safety in its own words."""

    def __init__(self, kit: Kit) -> None:
        """Switch it on, its program running."""
        self._kit = kit
        self._driver = Driver(kit)
        self._names = [joint.name for joint in kit.robot.joints]
        self._segment: Segment | None = None
        self._readings = Readings(kit.robot, kit.world)
        self.scaling = 100.0
        self.become()
        # What the driver takes for said already when it starts.
        self._said: dict[Topic, Any] = {native.ROBOT_MODE: MODES['NO_CONTROLLER'],
                                        native.SAFETY_MODE: 0, native.PROGRAM: False}
        self._outs = {topic: kit.publisher(topic) for topic in self._said}
        self._driver.tell(native.JOINT_STATES, JOINTS_HZ, self._joint_states)
        self._driver.tell(native.SCALING, SCALING_HZ, self._scaling)
        self._driver.obey(native.controller(kit.robot), self._follow)
        self._serve()
        self.faults = {'silent': self._driver.faults['silent'],
                       'slow': self._slow,
                       'estop': self._fault('POWER_OFF', 'ROBOT_EMERGENCY_STOP'),
                       'protective_stop': self._fault('RUNNING', 'PROTECTIVE_STOP'),
                       'native_takeover': self._fault('RUNNING', 'NORMAL')}

    # --- what it says ---------------------------------------------------------------------------

    def _joint_states(self, wall_ns: int) -> Any:
        message = self._readings.joints(wall_ns)
        # The broadcaster has an order of its own: the base comes last.
        made = self._kit.make(native.JOINT_STATES.type)(header=message.header)
        made.name = [*self._names[1:], self._names[0]]
        made.position = [*message.position[1:], message.position[0]]
        made.velocity = [*message.velocity[1:], message.velocity[0]]
        made.effort = [0.0] * len(made.name)
        return made

    def _scaling(self, wall_ns: int) -> Any:
        return self._kit.make(native.SCALING.type)(data=self.scaling)

    def _tell(self) -> None:
        values = {native.ROBOT_MODE: MODES[self.mode], native.SAFETY_MODE: SAFETY[self.safety],
                  native.PROGRAM: self.program}
        for topic, value in values.items():
            if value != self._said[topic] and not self._driver.silent:
                self._said[topic] = value
                field = 'data' if topic is native.PROGRAM else 'mode'
                self._outs[topic].publish(self._kit.make(topic.type)(**{field: value}))

    # --- faults ---------------------------------------------------------------------------------

    def become(self, mode: str = 'RUNNING', safety: str = 'NORMAL', program: bool = True) -> None:
        """Change the robot's modes; without power, safety or program it rests on its brakes."""
        self.mode, self.safety, self.program = mode, safety, program
        self._segment = None
        self._kit.world.estop = not (self.able and program)

    @property
    def able(self) -> bool:
        """Whether a program could run."""
        return self.mode == 'RUNNING' and self.safety in native.MOVING

    def _fault(self, mode: str, safety: str) -> Callable[[bool], None]:
        def switch(on: bool) -> None:
            self.become(*((mode, safety, False) if on else ()))
        return switch

    def _slow(self, on: bool) -> None:
        self.scaling = SLOW if on else 100.0

    # --- the driver's rules ---------------------------------------------------------------------

    def _serve(self) -> None:
        for name, end in {f'{native.IO}/resend_robot_program': self._resume,
                          f'{native.IO}/hand_back_control': self._end,
                          'dashboard_client/stop': self._end,
                          'dashboard_client/power_off': self._power_off}.items():
            self._kit.serve(native.TRIGGER, name, partial(self._answer, end))

    def _answer(self, act: Callable[[], bool], request: Any, answer: Any) -> None:
        answer.success = act()
        answer.message = '' if answer.success else f'{self.mode}, {self.safety}'

    def _resume(self) -> bool:
        if self.able:
            self.become(self.mode, self.safety)
        return self.able

    def _end(self) -> bool:
        self.become(self.mode, self.safety, False)
        return True

    def _power_off(self) -> bool:
        self.become('POWER_OFF', self.safety, False)
        return True

    def _follow(self, message: Any, arrival: Arrival) -> None:
        end = aims(message, self._names)
        took_ns = lasts(message, arrival.received_ns) * 100.0 / self.scaling
        if self.able and self.program:
            self._segment = Segment(self._start(arrival.mono_ns), end, arrival.mono_ns,
                                    int(took_ns))

    def _start(self, now_ns: int) -> Mapping[str, float]:
        """Return where a new trajectory takes over: where the old one has come to."""
        if self._segment:
            return self._segment.at(now_ns)
        return dict(zip(self._names, self._kit.world.joints, strict=True))

    def step(self, now: Now) -> None:
        """Say what changed, and follow the trajectory or hold its end."""
        self._tell()
        if self._segment:
            self._kit.world.move(self._segment.at(now.mono), now.mono)
