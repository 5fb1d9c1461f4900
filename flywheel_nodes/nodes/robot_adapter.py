"""
robot_adapter: native topics become neutral ones, and our commands native ones within limits.

It watches the neutral side of what it passes on, so that faults, emergency stop and takeovers are
told alike for every robot. What the robot stops telling becomes unknown, and a robot of which
something needed is unknown or wrong is not commanded.
"""

from collections.abc import Iterator, Sequence
import os
import time
from typing import Any

from rclpy.utilities import get_rmw_implementation_identifier

from flywheel_nodes.adapters import base, kinds
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import AdapterConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.pace import Pace
from flywheel_nodes.core.robot import Native, native_of
from flywheel_nodes.core.watching.problems import Problem, Problems
from flywheel_nodes.core.watching.robot_watch import RobotWatch
from flywheel_nodes.effects import clocks, dds_profile
from flywheel_nodes.nodes.adapter_calls import RobotCalls
from flywheel_nodes.nodes.adapter_checks import Checks, missing_messages
from flywheel_nodes.nodes.adapter_commands import CommandLine
from flywheel_nodes.nodes.adapter_inputs import Inputs
from flywheel_nodes.nodes.adapter_states import States
from flywheel_nodes.nodes.native_side import NativeSide
from flywheel_nodes.nodes.shell import run, Shell

LAST_STOPS, LAST_STOP_S = 3, 0.02
TEMPERATURE = 'temperature_celsius'
WITHHOLD_NS = 10 * SECOND
WATCH_HZ = 25.0  # faster loops are for commands
REST_HZ = 50.0  # while the robot rests nobody misses what it tells by 10 ms


class RobotAdapter:
    """The component of robot_adapter."""

    def __init__(self, shell: Shell) -> None:
        """Wire the adapter that the robot file names; raises ConfigError for what is missing."""
        self._shell = shell
        config: AdapterConfig = shell.config
        adapter = kinds.load(shell.robot)
        dds_profile.check(shell.robot, get_rmw_implementation_identifier(), os.environ)
        require_messages(adapter)
        self._adapter = adapter
        self._watch = RobotWatch(config.battery_low, config.temperature_high)
        shell.metrics.set('battery_charge_low_ratio', config.battery_low)
        shell.metrics.set('joint_temperature_high_celsius', config.temperature_high)
        self._joints = {joint.name for joint in shell.robot.joints} | {*adapter.joints}
        where = native_of(shell.robot.native, config)
        require_own_domain(shell, where)
        self._side = NativeSide(shell, where)
        require_distinct_topics(self._side, shell, adapter)
        self._inputs = Inputs(shell, self._side, adapter,
                              (topics.BATTERY, topics.DIAGNOSTICS), self._observe)
        self._states = States(shell, adapter, self._watch, self._tell)
        self._checks = Checks(self._side, adapter)
        self._problems = Problems()
        self._watching = Pace(WATCH_HZ)
        self._said: dict[str, int] = {}
        self._refusal = 'the robot was not heard yet'
        self._calls = RobotCalls(shell, self._side, adapter, self._inputs.view)
        # The arbiter publishes the joints' command last: by then the base's is there too.
        last = max((command.neutral for command in adapter.commands),
                   key=lambda topic: topic == topics.ROBOT_JOINTS, default=None)
        self._lines = [CommandLine(shell, self._side, command, refused=self._refused,
                                   view=self._inputs.view, sent=self._calls.sent,
                                   urgent=command.neutral == last)
                       for command in adapter.commands]
        self._inputs.listen(self._calls.hooks())
        self._rest_hz = max(REST_HZ, self._inputs.sampled_hz)

    def _refused(self) -> str:
        if self._states.native:
            return 'somebody else drives it'
        return self._refusal or self._calls.halted(time.monotonic_ns())

    # --- watching -------------------------------------------------------------------------------

    def _observe(self, topic: topics.Topic, message: Any, now_ns: int) -> None:
        found = (self._battery(message, now_ns) if topic == topics.BATTERY
                 else self._temperatures(message, now_ns))
        for event in found:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if event.name is EventName.ROBOT_FAULT:
            self._shell.metrics.add('robot_faults_total', fault=event.values['fault'])
        self._shell.emit(event)

    def _withhold(self, now_ns: int) -> None:
        """Tell no more what the robot has not said for a while: nobody knows whether it holds."""
        for name, heard_ns in list(self._said.items()):
            if now_ns - heard_ns > WITHHOLD_NS:
                self._shell.metrics.forget(name)
                del self._said[name]

    def _say(self, name: str, value: float, now_ns: int, **labels: str) -> None:
        self._shell.metrics.set(name, value, **labels)
        self._said[name] = now_ns

    def _battery(self, message: Any, now_ns: int) -> list[Event]:
        self._say('battery_charge_ratio', message.percentage, now_ns)
        self._say('battery_voltage_volts', message.voltage, now_ns)
        return self._watch.battery(message.percentage, now_ns)

    def _temperatures(self, message: Any, now_ns: int) -> list[Event]:
        found = [(status.name, _number(pair.value)) for status in message.status
                 for pair in status.values
                 if pair.key == TEMPERATURE and status.name in self._joints]
        events = []
        for joint, celsius in found:
            self._say('joint_temperature_celsius', celsius, now_ns, joint=joint)
            events += self._watch.temperature(joint, celsius, now_ns)
        return events

    # --- the loop -------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Take messages, check the robot, tell its state, and stop it where commands are stale."""
        self._side.drain(now)
        if self._watching.lets(now.mono):
            self._withhold(now.mono)
            self._check(now)
            view = self._inputs.view(now)
            self._states.tell(view, not self._refusal, self._problems.rival)
            self._calls.step(now, polling=self._checks.looked)
        for line in self._lines:
            line.step(now, self._states.native)
        driven = any(line.drives(now.mono) for line in self._lines)
        self._shell.turn_at(self._shell.config.rate if driven else self._rest_hz)

    def _check(self, now: Now) -> None:
        if self._checks.look(now.mono):
            for topic in self._adapter.latched:
                if self._checks.gone(topic):
                    self._inputs.forget(topic)
        for event in self._problems.update(self._wrong(now), now.mono):
            self._tell(event)
        self._shell.metrics.set('robot_problems', len(self._problems.now))
        self._refusal = self._problems.blocking if self._checks.looked else 'not looked around yet'

    def _wrong(self, now: Now) -> Iterator[Problem]:
        yield from self._checks.problems
        if because := self._adapter.refused(self._inputs.view(now)):
            yield Problem('refused', because)
        if because := self._calls.halted(now.mono):
            yield Problem('halted', because)

    def close(self) -> None:
        """Tell the robot to stop: nobody will command it from here on."""
        try:
            # Again and again: nobody repeats what gets lost once this process is gone.
            for _ in range(0 if self._states.native else LAST_STOPS):
                for line in self._lines:
                    line.stop(clocks.now())
                time.sleep(LAST_STOP_S)
        finally:
            self._side.close()


def require_messages(adapter: base.Adapter) -> None:
    """Raise ConfigError when a message of the vendor's is not installed."""
    for error in missing_messages(adapter):
        raise error


def require_own_domain(shell: Shell, where: Native) -> None:
    """Raise ConfigError when our nodes would join the robot's own bus."""
    if where.domain == shell.context.get_domain_id():
        raise ConfigError(f"{shell.robot.robot}: our nodes would be on the robot's own bus, ROS "
                          f'domain {where.domain}: set ROS_DOMAIN_ID to another one, such as 42')


def require_distinct_topics(side: NativeSide, shell: Shell, adapter: base.Adapter) -> None:
    """Raise ConfigError when a topic would be both the robot's own and ours."""
    if side.node is not shell.node:
        return
    for route in adapter.inputs:
        name = side.name(route.native.name)
        if name == topics.absolute(route.neutral.name, shell.namespace):
            raise ConfigError(f"{name} would be the robot's own topic and ours at once: start "
                              "this stack in another namespace than the robot's driver")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float('nan')


def main(args: Sequence[str]) -> int:
    """Run robot_adapter."""
    return run('robot_adapter', AdapterConfig, RobotAdapter, args)
