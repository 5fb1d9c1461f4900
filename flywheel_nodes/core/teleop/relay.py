"""
What the relay decides: who is heard, what is asked of the arbiter, what each client is told.

The relay faces the network and can only ask; the arbiter alone moves the robot.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.admission import Admission
from flywheel_nodes.core.teleop.answers import Limits, Welcome
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
from flywheel_nodes.core.teleop.dialogue import Dialogue
from flywheel_nodes.core.teleop.help_queue import HelpQueue, Snapshot
from flywheel_nodes.core.teleop.latency import RemoteClock
from flywheel_nodes.core.teleop.protocol import Close, Reject, Rejected, Scope
from flywheel_nodes.core.teleop.resumes import Resumes
from flywheel_nodes.core.teleop.seat import Seat
from flywheel_nodes.core.teleop.session import Session, STRIKES
from flywheel_nodes.core.teleop.view import Facts, to_message, view

FORWARDED = (EventName.CONTROL_CHANGED, EventName.RESUME_REFUSED, EventName.POLICY_ALARM,
             EventName.DEADMAN_TRIPPED, EventName.STOP_REQUESTED, EventName.ESTOP_PRESSED,
             EventName.ESTOP_RELEASED, EventName.NATIVE_TAKEOVER, EventName.NATIVE_RELEASED,
             EventName.ROBOT_FAULT, EventName.ROBOT_FAULT_CLEARED, EventName.SNIPPET_SAVED,
             EventName.INTERVENTION_JUDGED, EventName.COMPETING_PUBLISHER)


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
        self.resumes = Resumes(lifetime_ns=int(config.resume_lifetime * SECOND))
        self.help = HelpQueue(new_id)
        self._config = config
        self._robot = robot
        self._boot = started_ms
        self._sessions: dict[int, Session] = {}
        self._seat = Seat(robot, config.lease_ttl, new_id, started_ms)
        self._dialogue = Dialogue(self._seat, self.help, self.resumes)
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

    @property
    def round_trips(self) -> deque[float]:
        """The newest round trips to clients in s, taken by the reader."""
        return self._dialogue.round_trips

    def clock_of(self, client: int) -> RemoteClock | None:
        """Return the clock of a client as its pongs tell it, None when it is gone."""
        session = self._sessions.get(client)
        return session.clock if session else None

    def leased(self, now: Now) -> bool:
        """Say whether somebody holds the lease."""
        return self._seat.holder(now.mono) is not None

    # --- clients come, speak, fail and go -------------------------------------------------------

    def enter(self, client: int, operator: str, scope: Scope, now: Now, *, secret: str = '',
              shared: Bucket | None = None) -> list[Deed]:
        """
        Take in a client whose token was accepted.

        :param secret: a fresh one with which it may come back and watch, '' for none
        :param shared: what all connections of its address take their messages from
        """
        self._sessions[client] = Session(
            client, operator, Admission(scope, self._config.message_rate, shared), now.mono)
        if secret:
            self.resumes.give(secret, client, operator, now.mono)
        return [Send(client, self._welcome(operator, scope, secret, now)),
                Send(client, self._state(now)), Send(client, plain(self.help.show()))]

    def _welcome(self, operator: str, scope: Scope, secret: str, now: Now) -> dict[str, Any]:
        config, robot = self._config, self._robot
        return plain(Welcome(
            protocol=protocol.VERSION, robot=robot.robot, operator=operator, scope=str(scope),
            boot=self._boot, axes=robot.axes, joints=tuple(joint.name for joint in robot.joints),
            cameras=robot.cameras, time_ns=now.wall, resume=secret,
            limits=Limits(max_bytes=protocol.MAX_BYTES, message_rate=config.message_rate,
                          lease_ttl=config.lease_ttl, state_rate=config.state_rate,
                          resume_lifetime=config.resume_lifetime)))

    def message(self, client: int, data: str, now: Now) -> list[Deed]:
        """Take a client's text message."""
        session = self._sessions.get(client)
        if session is None:
            return []
        try:
            deeds = self._dialogue.answer(session, session.admission.admit(data, now.mono), now)
        except Rejected as refused:
            return self.refuse(client, refused, now)
        session.good()
        return self._with_news(self._left(deeds, now), now)

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
        if session.bad():
            self.resumes.revoke(client)
            return self._left([
                Note(Audited.DROPPED, client, session.operator, {'because': 'flood'}),
                Expel(client),
                Drop(client, Close.FLOOD, f'{STRIKES} refusals more than good messages')], now)
        answer: dict[str, Any] = {'type': 'reject', 'reason': str(refused.reason),
                                  'of': refused.of}
        if refused.seq is not None:
            answer['seq'] = refused.seq
        return [Send(client, answer)]

    def leave(self, client: int, now: Now) -> list[Deed]:
        """Note that a connection is gone; its lease ends with it."""
        self._sessions.pop(client, None)  # who was dropped has left already
        self.help.gone(client)
        return self._with_news(self._seat.gone(client, now.mono), now)

    def _left(self, deeds: list[Deed], now: Now) -> list[Deed]:
        """Have who is dropped leave at once, not when the connection has ended."""
        dropped = [deed.client for deed in deeds if isinstance(deed, Drop)]
        return [*deeds, *(deed for client in dropped for deed in self.leave(client, now))]

    # --- what the robot says, and time ----------------------------------------------------------

    def facts(self, facts: Facts, now: Now) -> list[Deed]:
        """Take what was heard of the robot."""
        changed = facts.control != self._facts.control
        self._facts = facts
        return self._with_news([*self._seat.control(facts.control, facts.control_ns, now.mono),
                           *self.help.hear(facts, now)], now, changed)

    def told(self, event: Event) -> list[Deed]:
        """Pass an event on to the clients if it matters to an operator."""
        if event.name not in FORWARDED:
            return []
        return [Tell({'type': 'event', 'name': str(event.name), 'level': str(event.level),
                      'sentence': event.sentence[:300]})]

    def snapshot(self, snapshot: Snapshot, now: Now) -> list[Deed]:
        """Take the picture that belongs to what the robot asks help for."""
        self.help.illustrate(snapshot, now.mono)
        return self._with_news([], now)

    def tick(self, now: Now) -> list[Deed]:
        """Do what is due."""
        due = now.mono - self._shown_ns >= SECOND / self._config.state_rate
        return [*self._with_news(self._seat.tick(now.mono), now, due),
                *(Send(session.client, {'type': 'ping', 't0': now.mono})
                  for session in self._sessions.values() if session.ping(now.mono))]

    # --- what all clients are told --------------------------------------------------------------

    def _with_news(self, deeds: list[Deed], now: Now, changed: bool = False) -> list[Deed]:
        """Tell all clients of the requests for help and of the state, where they changed."""
        news: list[Deed] = []
        if self.help.changed:
            self.help.changed = False
            news.append(Tell(plain(self.help.show())))
        if changed or any(isinstance(deed, Event) for deed in deeds):
            news.append(Show(self._state(now)))
        return [*deeds, *news]

    def _state(self, now: Now) -> dict[str, Any]:
        self._shown_ns = now.mono
        lease = self._seat.holder(now.mono)
        return to_message(view(self._facts, lease.operator if lease else '',
                               lease.epoch if lease else 0, now))
