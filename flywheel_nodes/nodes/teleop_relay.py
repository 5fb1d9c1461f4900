"""teleop_relay: lets operators in over a WebSocket and asks the arbiter in their name."""

from collections.abc import Sequence
from dataclasses import replace
import math
from pathlib import Path
import time
from typing import Any

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import MILLISECOND, Now
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.control import Control, TeleopCommand
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.pace import Pace
from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.teleop import tls
from flywheel_nodes.effects.teleop.audit import Audit
from flywheel_nodes.effects.teleop.listening import listen
from flywheel_nodes.effects.teleop.relay_server import RelayServer, Settings
from flywheel_nodes.effects.teleop.tokens import (
    has_public_keys,
    load_public_keys,
    make_keys,
    Verifier,
)
from flywheel_nodes.effects.teleop.used_tokens import NAME as USED_TOKENS
from flywheel_nodes.effects.teleop.used_tokens import UsedTokens
from flywheel_nodes.effects.teleop.video_server import VideoSettings
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_array
from flywheel_nodes.nodes.relay_cameras import Cameras, count_video
from flywheel_nodes.nodes.shell import run, Shell

NAME = 'teleop_relay'
# Capture ids rise across restarts, as long as fewer frames a second come than this thousandfold.
IDS_PER_MS = 10
# Clients hear ten times a second how fast the robot goes; who drives it they hear at once.
TELL_HZ, COUNT_HZ, ALONE_HZ = 20.0, 2.0, 10.0


class TeleopRelay:
    """Hands the server what the robot says, and publishes what the server accepted."""

    def __init__(self, shell: Shell) -> None:
        """Begin to serve; raises ConfigError for keys or an address that cannot be used."""
        self.shell = shell
        self._facts = Facts()
        self._expiry = 0.0
        self._told: Control | None = None
        self._telling, self._counting = Pace(TELL_HZ), Pace(COUNT_HZ)
        self._commands = shell.publisher(topics.TELEOP_COMMAND)
        self.server = self._serve(shell.config)
        self._cameras = Cameras(shell, self.server.wants, self.server.frame,
                                time.monotonic_ns() // MILLISECOND * IDS_PER_MS)
        shell.subscribe(topics.CONTROL, self._on_control)
        shell.subscribe(topics.VERDICT, self._on_verdict, newest=True)
        shell.subscribe(topics.ODOM, self._on_odom, newest=True)
        shell.subscribe(topics.TICKS, self._on_ticks, newest=True)
        shell.subscribe(topics.EVENTS, self._on_event)
        shell.instance.address(self.server.url)
        shell.log.info(f'operators connect to {self.server.url}')

    def _serve(self, config: RelayConfig) -> RelayServer:
        robot = self.shell.robot
        relay = Relay(config, robot, self.shell.new_id,
                      time.monotonic_ns() // MILLISECOND)
        settings = Settings(
            config.rate, config.max_clients, config.max_connections, config.address_connections,
            config.address_message_rate, tls.origins(config), tls.server_context(config),
            VideoSettings(config.video_rate, config.video_viewers, config.video_workers))
        listening = listen(config.host, config.port)  # before anything is written
        used = UsedTokens(self.shell.data_dir / 'run' / USED_TOKENS)
        try:
            verifier = Verifier(self._keys(config), robot.robot, used)
        except ConfigError:
            listening.close()
            raise
        self._audit = Audit(self.shell.data_dir / 'audit', config.audit_bytes,
                            config.audit_files)
        self._audit.write(Audited.STARTED, '', '', {'host': config.host})
        return RelayServer(listening, relay, verifier, settings, self._publish,
                           self._audit.write)

    def _keys(self, config: RelayConfig) -> Any:
        folder = Path(config.keys) if config.keys else self.shell.data_dir / 'keys'
        if not has_public_keys(folder) and tls.is_local(config.host):
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

    def _on_ticks(self, message: Any, arrival: Arrival) -> None:
        _, rows = wire.ticks_from_table(message)
        for row in rows[-1:]:
            self._facts = replace(self._facts, cap=row.cap, frame_age=row.frame_age,
                                  cap_ns=arrival.mono_ns)
            if not all(map(math.isnan, row.proposed)) or not self._facts.proposed_ns:
                self._facts = replace(self._facts, proposed_ns=arrival.mono_ns)

    def _on_event(self, message: Any, arrival: Arrival) -> None:
        event = wire.event_from_status(wire.single(message))
        if self.shell.is_news(event, arrival):
            self.server.tell(event)

    # --- each loop ------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Hand over what was heard; emit and count what the server did."""
        self.shell.turn_at(self.shell.config.rate if len(self.server.places) else ALONE_HZ)
        if self._telling.lets(now.mono) or self._facts.control is not self._told:
            self._told = self._facts.control
            self.server.facts(self._facts)
        self._cameras.step(now)
        while self.server.events:
            self._tell(self.server.events.popleft())
        if self._counting.lets(now.mono):
            self._count(now)

    def _tell(self, event: Event) -> None:
        if event.name is EventName.LEASE_GRANTED:
            self.shell.metrics.add('teleop_sessions_total')
        self.shell.emit(event)

    def _count(self, now: Now) -> None:
        metrics, server, relay = self.shell.metrics, self.server, self.server.relay
        for reject, count in relay.rejected.items():
            metrics.set('relay_messages_rejected_total', count, reason=reject)
        for login, count in server.door.refused.items():
            metrics.set('relay_logins_refused_total', count, reason=login)
        for cause, count in server.clients.dropped.items():
            metrics.set('relay_clients_dropped_total', count, reason=cause)
        metrics.set('relay_help_pictures_failed_total', server.pictures_failed)
        for raised, count in relay.help.raised.items():
            metrics.set('relay_help_requests_total', count, reason=raised)
        for ended, count in relay.help.ended.items():
            metrics.set('relay_help_ended_total', count, because=ended)
        metrics.set('relay_help_waiting', relay.help.waiting)
        metrics.set('relay_connections', relay.clients)
        count_video(metrics, server.video)
        self._count_guards()
        metrics.set('teleop_session_active', relay.leased(now))
        while relay.round_trips:
            metrics.observe('teleop_round_trip_seconds', relay.round_trips.popleft())

    def _count_guards(self) -> None:
        metrics, server, audit = self.shell.metrics, self.server, self._audit
        metrics.set('relay_open_connections', len(server.places))
        metrics.set('relay_strangers_evicted_total', server.evicted)
        metrics.set('relay_token_notes_failed_total', server.door.notes_failed)
        metrics.set('relay_audit_lines_total', audit.written)
        for why, count in audit.lost.items():
            metrics.set('relay_audit_lines_lost_total', count, reason=why)
        if audit.error:
            self.shell.log.error(f'audit log: {audit.error}', throttle_duration_sec=60.0)
        certificate = self.shell.config.tls_certificate
        if certificate and not self._expiry:
            self._expiry = tls.expiry(Path(certificate))
            metrics.set('relay_certificate_expiry_timestamp_seconds', self._expiry)

    def close(self) -> None:
        """Close all connections."""
        self.server.close()
        self._audit.close()


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run(NAME, RelayConfig, TeleopRelay, args)
