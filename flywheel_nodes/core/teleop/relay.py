"""
What the relay decides: who is heard, what is asked of the arbiter, what each client is told.

The relay faces the network and can only ask; the arbiter alone moves the robot.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.admission import Admission, Message
from flywheel_nodes.core.teleop.bucket import Bucket
from flywheel_nodes.core.teleop.codec import plain
from flywheel_nodes.core.teleop.deeds import (
    Audited,
    Deed,
    Drop,
    Expel,
    Note,
    Send,
    Show,
    Tell,
)
from flywheel_nodes.core.teleop.help_queue import HelpQueue
from flywheel_nodes.core.teleop.latency import RemoteClock
from flywheel_nodes.core.teleop.protocol import Close, Reject, Rejected, Scope
from flywheel_nodes.core.teleop.resumes import Resumes
from flywheel_nodes.core.teleop.seat import Seat
from flywheel_nodes.core.teleop.view import Facts, to_message, view

STRIKES = 100
LOST_PONG_NS = 5 * SECOND
FORWARDED = (EventName.CONTROL_CHANGED, EventName.RESUME_REFUSED, EventName.POLICY_ALARM,
             EventName.DEADMAN_TRIPPED, EventName.STOP_REQUESTED, EventName.ESTOP_PRESSED,
             EventName.ESTOP_RELEASED, EventName.NATIVE_TAKEOVER, EventName.NATIVE_RELEASED,
             EventName.ROBOT_FAULT, EventName.ROBOT_FAULT_CLEARED, EventName.SNIPPET_SAVED,
             EventName.INTERVENTION_JUDGED, EventName.COMPETING_PUBLISHER)


@dataclass
class _Session:
    """A client that has said hello; ping_t0: when it was pinged, None once it answered."""

    client: int
    operator: str
    admission: Admission
    pinged_ns: int
    ping_t0: int | None = None
    strikes: int = 0
    clock: RemoteClock = field(default_factory=RemoteClock)


class Relay:
    """Inputs as they come, tick() at config.rate; each returns the deeds to be done, in order."""

    def __init__(self, config: RelayConfig, robot: Robot, new_id: Callable[[], str],
                 started_ms: int) -> None:
        """
        Begin without clients.

        :param new_id: gives the identifiers of leases
        :param started_ms: the monotonic clock, from which epochs rise
        """
        self.rejected: dict[Reject, int] = dict.fromkeys(Reject, 0)
        self.round_trips: deque[float] = deque(maxlen=256)
        self.resumes = Resumes(lifetime_ns=int(config.resume_lifetime * SECOND))
        self._config = config
        self._robot = robot
        self._boot = started_ms
        self._sessions: dict[int, _Session] = {}
        self._seat = Seat(robot, config.lease_ttl, new_id, started_ms)
        self.help = HelpQueue(new_id)
        self._facts = Facts()
        self._shown_ns = 0

    @property
    def clients(self) -> int:
        """How many clients have said hello."""
        return len(self._sessions)

    @property
    def cameras(self) -> tuple[str, ...]:
        """What can be watched."""
        return self._robot.cameras

    def clock_of(self, client: int) -> RemoteClock | None:
        """Return the clock of a client as its pongs tell it, None when it is gone."""
        session = self._sessions.get(client)
        return session.clock if session else None

    def leased(self, now: Now) -> bool:
        """Say whether somebody holds the lease."""
        return self._seat.holder(now.mono) is not None

    # --- clients come, go and fail --------------------------------------------------------------

    def enter(self, client: int, operator: str, scope: Scope, now: Now, *, secret: str = '',
              shared: Bucket | None = None) -> list[Deed]:
        """
        Take in a client whose token was accepted.

        :param secret: a fresh one with which it may come back and watch, '' for none
        :param shared: what all connections of its address take their messages from
        """
        self._sessions[client] = _Session(
            client, operator, Admission(scope, self._config.message_rate, shared), now.mono)
        welcome = self._welcome(operator, scope, now)
        if secret:
            self.resumes.give(secret, client, operator, now.mono)
            welcome['resume'] = secret
        return [Send(client, welcome), Send(client, self._state(now)),
                Send(client, plain(self.help.show()))]

    def _welcome(self, operator: str, scope: Scope, now: Now) -> dict[str, Any]:
        config = self._config
        return {'type': 'welcome', 'protocol': protocol.VERSION, 'robot': self._robot.robot,
                'operator': operator, 'scope': str(scope), 'boot': self._boot,
                'axes': list(self._robot.axes),
                'joints': [joint.name for joint in self._robot.joints],
                'cameras': list(self._robot.cameras),
                'limits': {'max_bytes': protocol.MAX_BYTES, 'message_rate': config.message_rate,
                           'lease_ttl': config.lease_ttl, 'state_rate': config.state_rate,
                           'resume_lifetime': config.resume_lifetime},
                'time_ns': now.wall}

    def leave(self, client: int, now: Now) -> list[Deed]:
        """Note that a connection is gone; its lease ends with it."""
        self._sessions.pop(client, None)  # who was dropped has left already
        self.help.gone(client)
        return self._helped(self._then_show(self._seat.gone(client, now.mono), now))

    def message(self, client: int, data: str, now: Now) -> list[Deed]:
        """Take a client's text message."""
        session = self._sessions.get(client)
        if session is None:
            return []
        try:
            message = session.admission.admit(data, now.mono)
            deeds = self._handle(session, message, now)
        except Rejected as refused:
            return self.refuse(client, refused, now)
        session.strikes = max(0, session.strikes - 1)
        return deeds

    def paced(self, client: int, now: Now) -> bool:
        """Count a client's control frame as a message; False when it has sent too many."""
        session = self._sessions.get(client)
        return session is not None and session.admission.paced(now.mono)

    def refuse(self, client: int, refused: Rejected, now: Now) -> list[Deed]:
        """Count and answer a refusal; who earns nothing else is dropped."""
        self.rejected[refused.reason] += 1
        session = self._sessions.get(client)
        if session is None:
            return []
        session.strikes += 1
        if session.strikes >= STRIKES:
            self.resumes.revoke(client)
            return [Note(Audited.DROPPED, client, session.operator, {'because': 'flood'}),
                    Expel(client),
                    Drop(client, Close.FLOOD, f'{STRIKES} refusals more than good messages'),
                    *self.leave(client, now)]
        answer: dict[str, Any] = {'type': 'reject', 'reason': str(refused.reason),
                                  'of': refused.of}
        if refused.seq is not None:
            answer['seq'] = refused.seq
        return [Send(client, answer)]

    # --- what clients say -----------------------------------------------------------------------

    def _handle(self, session: _Session, message: Message, now: Now) -> list[Deed]:
        try:
            if message.kind in ('ping', 'pong'):
                return self._clock(session, message, now)
            if message.kind in ('help_accept', 'help_dismiss'):
                return self._helping(session, message, now)
            return self._seated(session, message, now)
        except Rejected as refused:
            raise Rejected(refused.reason, message.kind, message.fields.get('seq')) from None

    def _clock(self, session: _Session, message: Message, now: Now) -> list[Deed]:
        t0 = message.fields['t0']
        if message.kind == 'ping':
            return [Send(session.client, {'type': 'pong', 't0': t0, 't1': now.mono,
                                          't2': now.mono})]
        took = now.mono - t0 - (message.fields['t2'] - message.fields['t1'])
        if t0 != session.ping_t0 or not 0 <= took <= now.mono - t0:
            raise Rejected(Reject.VALUE)
        session.ping_t0 = None
        session.clock.pong(t0, message.fields['t1'], message.fields['t2'], now.mono)
        self.round_trips.append(took / SECOND)
        return []

    def _seated(self, session: _Session, message: Message, now: Now) -> list[Deed]:
        """Hand a message to the seat; the state is shown at once when the lease changed."""
        seat, client, operator = self._seat, session.client, session.operator
        fields, mono = message.fields, now.mono
        match message.kind:
            case 'drive':
                return seat.drive(client, fields, mono)
            case 'idle':
                return seat.idle(client, fields, mono)
            case 'renew':
                return seat.renew(client, fields, mono)
            case 'claim':
                return self._then_show(seat.claim(client, operator, mono), now)
            case 'take':
                return self._then_show(self._take(client, operator, mono), now)
            case 'release':
                return self._then_show(seat.release(client, fields, mono), now)
            case 'stop':
                return [Note(Audited.STOP, client, operator),
                        *self._then_show(self._stop(operator, mono), now),
                        Send(client, {'type': 'accepted', 'of': 'stop'})]
            case 'resume':
                return [Note(Audited.RESUME, client, operator), *seat.resume(operator, mono),
                        Send(client, {'type': 'accepted', 'of': 'resume'})]
            case 'logout':
                return self._logout(session, now)
        raise Rejected(Reject.KIND)  # a second hello

    def _stop(self, operator: str, now: int) -> list[Deed]:
        self._revoke_holder(now)
        return self._seat.stop(operator, now)

    def _take(self, client: int, operator: str, now: int) -> list[Deed]:
        self._revoke_holder(now, but=client)
        return self._seat.take(client, operator, now)

    def _revoke_holder(self, now: int, but: int | None = None) -> None:
        """Whoever loses the lease to somebody shows a fresh token to come back."""
        lease = self._seat.holder(now)
        if lease and lease.client != but:
            self.resumes.revoke_all_of(lease.operator)

    def _logout(self, session: _Session, now: Now) -> list[Deed]:
        self.resumes.revoke(session.client)
        return [Note(Audited.LOGOUT, session.client, session.operator), Expel(session.client),
                Drop(session.client, Close.LOGOUT, 'logout'), *self.leave(session.client, now)]

    # --- what the robot says, and time ----------------------------------------------------------

    def facts(self, facts: Facts, now: Now) -> list[Deed]:
        """Take what was heard of the robot."""
        changed = facts.control != self._facts.control
        self._facts = facts
        deeds = self._helped([
            *self._seat.control(facts.control, facts.control_ns, now.mono),
            *self.help.hear(facts, now)])
        return [*deeds, Show(self._state(now))] if changed else self._then_show(deeds, now)

    def told(self, event: Event) -> list[Deed]:
        """Pass an event on to the clients if it matters to an operator."""
        if event.name not in FORWARDED:
            return []
        return [Tell({'type': 'event', 'name': str(event.name), 'level': str(event.level),
                      'sentence': event.sentence[:300]})]

    def tick(self, now: Now) -> list[Deed]:
        """Do what is due."""
        deeds = self._then_show(self._seat.tick(now.mono), now)
        if now.mono - self._shown_ns >= SECOND / self._config.state_rate:
            deeds.append(Show(self._state(now)))
        return [*deeds, *self._pings(now.mono)]

    def _helping(self, session: _Session, message: Message, now: Now) -> list[Deed]:
        """Note that somebody takes care of a request for help, or that it needs nobody."""
        operator, identifier = session.operator, message.fields['id']
        events = self.help.accept(session.client, operator, identifier, now) \
            if message.kind == 'help_accept' else self.help.dismiss(operator, identifier, now)
        return self._helped([*events, Send(session.client, {
            'type': 'accepted', 'of': message.kind})])

    def _helped(self, deeds: list[Deed]) -> list[Deed]:
        """Tell all clients of the requests for help, if they have changed."""
        if not self.help.changed:
            return deeds
        self.help.changed = False
        return [*deeds, Tell(plain(self.help.show()))]

    def _then_show(self, deeds: list[Deed], now: Now) -> list[Deed]:
        if any(isinstance(deed, Event) for deed in deeds):
            return [*deeds, Show(self._state(now))]
        return deeds

    def _state(self, now: Now) -> dict[str, Any]:
        self._shown_ns = now.mono
        lease = self._seat.holder(now.mono)
        return to_message(view(self._facts, lease.operator if lease else '',
                               lease.epoch if lease else 0, now))

    def _pings(self, now: int) -> list[Deed]:
        deeds: list[Deed] = []
        for session in self._sessions.values():
            since = now - session.pinged_ns
            if since >= (protocol.PING_PERIOD_NS if session.ping_t0 is None else LOST_PONG_NS):
                session.pinged_ns = session.ping_t0 = now
                deeds.append(Send(session.client, {'type': 'ping', 't0': now}))
        return deeds
