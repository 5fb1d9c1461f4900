"""
robot_adapter: native topics become neutral ones, and our commands native ones within limits.

It watches the neutral side of what it passes on, so that faults, emergency stop and takeovers are
told alike for every robot. What the robot stops telling, it stops telling: silence is unknown.
"""

from collections.abc import Callable, Sequence
import time
from typing import Any

from flywheel_nodes.adapters import base
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import AdapterConfig
from flywheel_nodes.core.driving.safe_stop import SafeStop
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.watching.robot_watch import RobotWatch
from flywheel_nodes.nodes.graph import Commander
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import message_class
from flywheel_nodes.nodes.shell import run, Shell

TEMPERATURE = 'temperature_celsius'


class RobotAdapter:
    """The component of robot_adapter."""

    def __init__(self, shell: Shell) -> None:
        """Wire the adapter that the robot file names."""
        self._shell = shell
        config: AdapterConfig = shell.config
        self._watch = RobotWatch(config.battery_low, config.temperature_high)
        self._joints = {joint.name for joint in shell.robot.joints}
        self._observers: dict[topics.Topic, Callable[[Any, int], list[Event]]] = {
            topics.BATTERY: self._battery,
            topics.DIAGNOSTICS: self._temperatures,
            topics.ESTOP: lambda message, now: self._watch.estop(message.data, now),
            topics.CONTROL_OWNER: lambda message, now: self._watch.owner(message.data, now),
        }
        adapter = base.load(shell.robot.adapter)
        for native, routes in adapter.by_native().items():
            self._listen(native, routes)
        self._lines = [CommandLine(shell, command) for command in adapter.commands]

    def _listen(self, native: topics.Topic, routes: Sequence[base.Route]) -> None:
        raw = all(r.convert is None and r.neutral not in self._observers for r in routes)
        outs = [self._shell.publisher(route.neutral) for route in routes]

        def pass_on(data: Any, arrival: Arrival) -> None:
            for out in outs:
                out.publish(data)

        def translate(message: Any, arrival: Arrival) -> None:
            for route, out in zip(routes, outs, strict=True):
                neutral = route.convert(message, message_class) if route.convert else message
                if neutral is not None:
                    out.publish(neutral)
                    self._observe(route.neutral, neutral, arrival.mono_ns)
        self._shell.subscribe(native, pass_on if raw else translate, raw=raw)

    # --- watching -------------------------------------------------------------------------------

    def _observe(self, topic: topics.Topic, message: Any, now_ns: int) -> None:
        observer = self._observers.get(topic)
        for event in observer(message, now_ns) if observer else ():
            if event.name is EventName.ROBOT_FAULT:
                self._shell.metrics.add('robot_faults_total', fault=event.values['fault'])
            self._shell.emit(event)

    def _battery(self, message: Any, now_ns: int) -> list[Event]:
        self._shell.metrics.set('battery_charge_ratio', message.percentage)
        return self._watch.battery(message.percentage, now_ns)

    def _temperatures(self, message: Any, now_ns: int) -> list[Event]:
        found = [(status.name, _number(pair.value)) for status in message.status
                 for pair in status.values
                 if pair.key == TEMPERATURE and status.name in self._joints]
        events = []
        for joint, celsius in found:
            self._shell.metrics.set('joint_temperature_celsius', celsius, joint=joint)
            events += self._watch.temperature(joint, celsius, now_ns)
        return events

    # --- the loop -------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Stop the robot where commands have gone stale, unless somebody else drives it."""
        for line in self._lines:
            if not self._watch.native:
                line.step(now)

    def close(self) -> None:
        """Tell the robot to stop: nobody will command it from here on."""
        if not self._watch.native:
            for line in self._lines:
                line.stop(time.time_ns())


class CommandLine:
    """One command topic on its way to the robot."""

    def __init__(self, shell: Shell, command: base.Command) -> None:
        """Subscribe to our side and publish on the robot's."""
        self._shell = shell
        self._command = command
        self._out = shell.publisher(command.native)
        self._timeout_ns = int(shell.config.command_timeout * SECOND)
        self._stale = SafeStop(shell.config.command_timeout)
        name = command.neutral.name
        self._commander = Commander(shell, command.neutral, shell.config.commander,
                                    shell.config.command_timeout)
        self._sent = shell.metrics.cell('robot_commands_total', topic=name)
        self._clamped = shell.metrics.cell('robot_commands_clamped_total', topic=name)
        self._stops = shell.metrics.cell('robot_safe_stops_total')
        shell.subscribe(command.neutral, self._take)

    def _take(self, message: Any, arrival: Arrival) -> None:
        if not self._commander.sent(arrival.publisher, arrival.mono_ns):
            raise WireError('a command from somebody else than '
                            f'{self._shell.config.commander}: it is not passed on')
        age = time.time_ns() - arrival.source_ns
        if age > self._timeout_ns:  # it waited while we stood still: the robot has stopped since
            raise WireError(f'a command {age / SECOND:.2f} s old')
        native, clamped = self._command.limit(message, self._shell.robot, message_class)
        self._out.publish(native)
        self._stale.fresh(arrival.mono_ns)
        self._sent.value += 1
        if clamped:
            self._clamped.value += 1
            self._shell.log.warning(f'{self._command.neutral.name}: clamped to the limits',
                                    throttle_duration_sec=60.0)

    def step(self, now: Now) -> None:
        """Send the safe stop while commands are stale."""
        before = self._stale.stopping
        if self._command.stop is None or not self._stale.due(now.mono):
            return
        self.stop(now.wall)
        if not before:
            self._stops.value += 1
            if self._sent.value:
                self._shell.log.warning(
                    f'{self._command.neutral.name}: commands stopped coming, stopping the robot',
                    throttle_duration_sec=10.0)

    def stop(self, wall_ns: int) -> None:
        """Send the safe stop if ever a command went out."""
        if self._command.stop is not None and self._sent.value:
            self._out.publish(self._command.stop(self._shell.robot, message_class, wall_ns))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float('nan')


def main(args: Sequence[str]) -> int:
    """Run robot_adapter."""
    return run('robot_adapter', AdapterConfig, RobotAdapter, args)
