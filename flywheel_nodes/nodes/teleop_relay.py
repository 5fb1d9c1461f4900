"""teleop_relay: lets operators in over a WebSocket and asks the arbiter in their name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import time
from typing import Any

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import MILLISECOND, Now
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.control import TeleopCommand
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.teleop.relay_server import listen, RelayServer, Settings
from flywheel_nodes.effects.teleop.tokens import (
    has_public_keys,
    load_public_keys,
    make_keys,
    Verifier,
)
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_array
from flywheel_nodes.nodes.shell import run, Shell

NAME = 'teleop_relay'


class TeleopRelay:
    """Hands the server what the robot says, and publishes what the server accepted."""

    def __init__(self, shell: Shell) -> None:
        """Begin to serve; raises ConfigError for keys or an address that cannot be used."""
        self.shell = shell
        self._facts = Facts()
        self._started_ns = time.time_ns()
        self._commands = shell.publisher(topics.TELEOP_COMMAND)
        self.server = self._serve(shell.config)
        shell.subscribe(topics.CONTROL, self._on_control)
        shell.subscribe(topics.VERDICT, self._on_verdict)
        shell.subscribe(topics.ODOM, self._on_odom)
        shell.subscribe(topics.EVENTS, self._on_event)
        shell.instance.address(self.server.url)
        shell.log.info(f'operators connect to {self.server.url}')

    def _serve(self, config: RelayConfig) -> RelayServer:
        robot = self.shell.robot
        relay = Relay(config, robot, self.shell.new_id,
                      time.monotonic_ns() // MILLISECOND)
        listening = listen(config.host, config.port)  # before anything is written
        verifier = Verifier(self._keys(config), robot.robot)
        return RelayServer(listening, relay, verifier,
                           Settings(config.rate, config.max_clients), self._publish)

    def _keys(self, config: RelayConfig) -> Any:
        folder = Path(config.keys) if config.keys else self.shell.data_dir / 'keys'
        if not has_public_keys(folder):
            make_keys(folder)
            self.shell.log.warning(f'made a key pair for operators in {folder}')
        return load_public_keys(folder)

    def _publish(self, command: TeleopCommand) -> None:
        # Called in the server's thread: waiting for the next loop would cost a driver 20 ms.
        self._commands.publish(to_array([wire.command_to_status(command)], time.time_ns()))

    # --- what the robot says --------------------------------------------------------------------

    def _on_control(self, message: Any, arrival: Arrival) -> None:
        control = wire.control_from_status(wire.single(message))
        self._facts = replace(self._facts, control=control, control_ns=arrival.mono_ns)

    def _on_verdict(self, message: Any, arrival: Arrival) -> None:
        verdict = wire.verdict_from_status(wire.single(message))
        self._facts = replace(self._facts, verdict=verdict, verdict_ns=arrival.mono_ns)

    def _on_odom(self, message: Any, arrival: Arrival) -> None:
        twist = message.twist.twist
        speed = (twist.linear.x, twist.linear.y, twist.angular.z)
        self._facts = replace(self._facts, speed=speed, speed_ns=arrival.mono_ns)

    def _on_event(self, message: Any, _: Arrival) -> None:
        event = wire.event_from_status(wire.single(message))
        if event.wall_ns >= self._started_ns:  # the latched past is no news
            self.server.tell(event)

    # --- each loop ------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Hand over what was heard; emit and count what the server did."""
        self.server.facts(self._facts)
        while self.server.events:
            self.shell.emit(self.server.events.popleft())
        self._count(now)

    def _count(self, now: Now) -> None:
        metrics, server, relay = self.shell.metrics, self.server, self.server.relay
        for reject, count in relay.rejected.items():
            metrics.set('relay_messages_rejected_total', count, reason=reject)
        for login, count in server.refused.items():
            metrics.set('relay_logins_refused_total', count, reason=login)
        for cause, count in server.dropped.items():
            metrics.set('relay_clients_dropped_total', count, reason=cause)
        metrics.set('relay_connections', relay.clients)
        metrics.set('teleop_session_active', relay.leased(now))
        while relay.round_trips:
            metrics.observe('teleop_round_trip_seconds', relay.round_trips.popleft())

    def close(self) -> None:
        """Close all connections."""
        self.server.close()


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run(NAME, RelayConfig, TeleopRelay, args)
