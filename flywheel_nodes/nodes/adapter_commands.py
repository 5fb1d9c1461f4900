"""robot_adapter's way out: one command topic of ours on its way to the robot."""

from collections.abc import Callable
import time
from typing import Any

from flywheel_nodes.adapters import base, clamp
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.driving.safe_stop import SafeStop
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.pace import Pace
from flywheel_nodes.nodes.graph import Commander
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import message_class, to_time
from flywheel_nodes.nodes.native_side import NativeSide
from flywheel_nodes.nodes.shell import Shell

YIELD_NS = SECOND // 2
# Commands this close together move the robot: the arbiter repeats an unchanged one less often.
DRIVEN_NS, DRIVEN_FOR_NS = SECOND // 30, SECOND
APPLIED = {topics.ROBOT_CMD_VEL: topics.APPLIED_CMD_VEL,
           topics.ROBOT_JOINTS: topics.APPLIED_JOINTS}


class CommandLine:
    """
    One command topic.

    refused: tells why nothing may be sent now; view: what the adapter's functions may know;
    sent: hears each native message that goes out.
    """

    def __init__(self, shell: Shell, side: NativeSide, command: base.Command, *,
                 refused: Callable[[], str], view: Callable[[Now], base.View],
                 sent: Callable[[topics.Topic, Any, int], None], urgent: bool) -> None:
        """
        Subscribe to our side and publish on the robot's.

        :param urgent: a command wakes the loop; one of those that come together is enough
        """
        self._shell, self._command = shell, command
        self._refused, self._view, self._tell_sent = refused, view, sent
        self.out = side.publisher(command.native)
        self._applied = shell.publisher(APPLIED[command.neutral])
        self._pace = Pace(command.rate) if command.rate else None
        self._timeout_ns = int(shell.config.command_timeout * SECOND)
        self._stale = SafeStop(shell.config.command_timeout)
        self._native_ns: int | None = None
        self._came_ns = self._driven_ns = -DRIVEN_FOR_NS
        name = command.neutral.name
        self._commander = Commander(shell, command.neutral, shell.config.commander,
                                    shell.config.command_timeout)
        self._sent = shell.metrics.cell('robot_commands_total', topic=name)
        self._clamped = shell.metrics.cell('robot_commands_clamped_total', topic=name)
        self._withheld = shell.metrics.cell('robot_commands_refused_total', topic=name)
        self._foreign = shell.metrics.cell('robot_commands_foreign_total', topic=name)
        self._stops = shell.metrics.cell('robot_safe_stops_total')
        shell.subscribe(command.neutral, self._take, urgent=urgent)

    def _take(self, message: Any, arrival: Arrival) -> None:
        if not self._commander.sent(arrival.publisher, arrival.mono_ns):
            self._foreign.value += 1
            self._shell.complain(self._command.neutral.name, 'a command from somebody else than '
                                 f'{self._shell.config.commander}: it is not passed on')
            return
        self._note(arrival.mono_ns)
        self._check(arrival)
        if self._refused():
            self._withheld.value += 1
            return
        if self._pace and not self._pace.lets(arrival.mono_ns):
            return
        clamped = clamp.keep(self._command.neutral, message, self._shell.robot)
        self._send(message, Now(arrival.mono_ns, arrival.received_ns))
        self._stale.fresh(arrival.mono_ns)
        if clamped:
            self._clamped.value += 1
            self._shell.complain(self._command.neutral.name, 'clamped to the limits')

    def _note(self, mono_ns: int) -> None:
        if mono_ns - self._came_ns < DRIVEN_NS:
            self._driven_ns = mono_ns
        self._came_ns = mono_ns

    def drives(self, now_ns: int) -> bool:
        """Tell whether commands come as fast as they do to a robot that moves."""
        return now_ns - self._driven_ns < DRIVEN_FOR_NS

    def _check(self, arrival: Arrival) -> None:
        age = time.time_ns() - arrival.source_ns
        if age > self._timeout_ns:  # it waited while we stood still: the robot has stopped since
            raise WireError(f'a command {age / SECOND:.2f} s old')

    def _send(self, message: Any, now: Now) -> None:
        native = self._command.encode(message, self._view(now))
        self.out.publish(native)
        self._tell_sent(self._command.native, native, now.mono)
        self._sent.value += 1
        message.header.stamp = to_time(now.wall)
        self._applied.publish(message)

    def step(self, now: Now, native: bool) -> None:
        """
        Send the safe stop while commands are stale.

        :param native: somebody else drives: what we were about is stopped at once, and then the
            robot is left to them
        """
        if native and self._native_ns is None:
            self._native_ns = now.mono
            self._stale.lapse()
        elif not native:
            self._native_ns = None
        if self._native_ns is None or now.mono - self._native_ns <= YIELD_NS:
            self._stop_stale(now)

    def _stop_stale(self, now: Now) -> None:
        before = self._stale.stopping
        if self._command.stop is None or not self._stale.due(now.mono):
            return
        self.stop(now)
        if not before:
            self._stops.value += 1
            if self._sent.value:
                self._shell.log.warning(
                    f'{self._command.neutral.name}: commands stopped coming, stopping the robot',
                    throttle_duration_sec=10.0)

    def stop(self, now: Now) -> None:
        """Send the safe stop if ever a command went out."""
        if self._command.stop is None or not self._sent.value:
            return
        native = self._command.stop(self._view(now))
        if native is None:
            return
        self.out.publish(native)
        self._tell_sent(self._command.native, native, now.mono)
        nothing = message_class(self._command.neutral.type)()
        nothing.header.stamp = to_time(now.wall)
        self._applied.publish(nothing)
