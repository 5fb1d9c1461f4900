"""
The robot's requests for a human: raised when it needs one, over when it does not any more.

At most one request for each cause waits at a time. Whoever accepts one takes care of it; that is
a word among people and gives no right to drive: the lease does. It lapses when they leave.
The first camera frame that comes after a request is its picture.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.teleop.answers import Help, HelpRequest
from flywheel_nodes.core.teleop.protocol import HelpEnded, HelpReason, Reject, Rejected
from flywheel_nodes.core.teleop.view import Facts

STARVED_NS = 2 * SECOND
# A picture that comes later does not show what was the matter.
PICTURE_NS = 5 * SECOND
HUNGRY = 'the policy drives and has proposed nothing for a while'
_MONITOR = (Gate.MONITOR, Gate.MONITOR_SILENT)
_SENTENCE = 300


@dataclass(frozen=True)
class Snapshot:
    """A small JPEG of a camera; frame: its capture id."""

    frame: str
    picture: bytes


@dataclass(frozen=True)
class _Waiting:
    """A request, when it was raised, which client has accepted it, its picture in Base64."""

    shown: HelpRequest
    raised_ns: int
    client: int | None = None
    picture: str = ''


def cause(facts: Facts, now_ns: int) -> HelpReason | None:
    """Return why the robot needs a human as things are, None when it does not."""
    if facts.control is None:
        return None
    mode, gate = facts.control.mode, facts.control.gate
    if mode is Mode.STOPPED:
        return HelpReason.STOPPED
    if mode is Mode.HOLD and gate in _MONITOR:
        return HelpReason.MONITOR
    starved = mode is Mode.POLICY and 0 < facts.proposed_ns < now_ns - STARVED_NS
    return HelpReason.STARVED if starved else None


class HelpQueue:
    """
    The requests that are not over.

    raised, ended: how many there were, by reason and by how they ended; changed: whether clients
    have not been shown the newest.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        """Begin empty; new_id: gives the identifiers of requests."""
        self.raised: dict[HelpReason, int] = dict.fromkeys(HelpReason, 0)
        self.ended: dict[HelpEnded, int] = dict.fromkeys(HelpEnded, 0)
        self.changed = False
        self._new_id = new_id
        self._waiting: list[_Waiting] = []
        self._cause: HelpReason | None = None

    @property
    def waiting(self) -> int:
        """How many requests are not over."""
        return len(self._waiting)

    def show(self) -> Help:
        """Return what clients are shown."""
        return Help(requests=tuple(one.shown for one in self._waiting))

    # --- what the robot says --------------------------------------------------------------------

    def hear(self, facts: Facts, now: Now) -> list[Event]:
        """Hear of the robot; what was dismissed stays so until its cause has gone and come."""
        needed, control = cause(facts, now.mono), facts.control
        if control is None or needed is self._cause:
            return []
        self._cause = needed
        over = HelpEnded.TAKEN_OVER if control.mode is Mode.HUMAN else HelpEnded.RESOLVED
        events = [event for one in list(self._waiting) for event in self._end(one, over, now)]
        if needed:
            said = HUNGRY if needed is HelpReason.STARVED else control.reason
            events += self.ask(needed, said, now)
        return events

    def ask(self, reason: HelpReason, sentence: str, now: Now) -> list[Event]:
        """Raise a request; nothing happens while one for this reason waits."""
        if any(one.shown.reason == reason for one in self._waiting):
            return []
        request = HelpRequest(id=self._new_id(), reason=str(reason), time_ns=now.wall,
                              sentence=sentence[:_SENTENCE])
        self._waiting.append(_Waiting(request, now.mono))
        self.raised[reason] += 1
        self.changed = True
        return [Event(
            EventName.HELP_REQUESTED, f'the robot asks for help: {request.sentence}', now.mono,
            {'help': request.id, 'reason': request.reason})]

    def wants_picture(self, now_ns: int) -> bool:
        """Say whether a request that was raised just now has no picture yet."""
        return any(not one.picture and now_ns - one.raised_ns < PICTURE_NS
                   for one in tuple(self._waiting))

    def illustrate(self, snapshot: Snapshot, now_ns: int) -> None:
        """Add a picture to the requests that want one."""
        text = b64encode(snapshot.picture).decode()
        for one in list(self._waiting):
            if not one.picture and now_ns - one.raised_ns < PICTURE_NS:
                shown = replace(one.shown, picture=True, frame=snapshot.frame)
                self._replace(one, replace(one, shown=shown, picture=text))

    # --- what clients say -----------------------------------------------------------------------

    def accept(self, client: int, operator: str, identifier: str, now: Now) -> list[Event]:
        """Note who takes care of a request; raises Rejected unless it is open."""
        one = self._find(identifier)
        if one.client not in (None, client):
            raise Rejected(Reject.HELP)
        self._replace(one, replace(one, shown=replace(one.shown, operator=operator),
                                   client=client))
        return [Event(EventName.HELP_ACCEPTED, f'{operator} takes care of it', now.mono,
                      {'help': identifier, 'operator': operator})]

    def dismiss(self, operator: str, identifier: str, now: Now) -> list[Event]:
        """End a request that needs nobody; raises Rejected when it is over."""
        return self._end(self._find(identifier), HelpEnded.DISMISSED, now, operator)

    def picture(self, identifier: str) -> str:
        """Return a request's picture in Base64; raises Rejected where there is none."""
        picture = self._find(identifier).picture
        if not picture:
            raise Rejected(Reject.HELP)
        return picture

    def gone(self, client: int) -> None:
        """Open again what a client had accepted that has left."""
        for one in self._waiting:
            if one.client == client:
                self._replace(one, replace(one, shown=replace(one.shown, operator=''),
                                           client=None))

    def _find(self, identifier: str) -> _Waiting:
        for one in self._waiting:
            if one.shown.id == identifier:
                return one
        raise Rejected(Reject.HELP)

    def _replace(self, old: _Waiting, new: _Waiting) -> None:
        self._waiting = [new if one is old else one for one in self._waiting]
        self.changed = True

    def _end(self, one: _Waiting, because: HelpEnded, now: Now, by: str = '') -> list[Event]:
        self._waiting.remove(one)
        self.ended[because] += 1
        self.changed = True
        words = because.replace('_', ' ') + (f' by {by}' if by else '')
        return [Event(EventName.HELP_ENDED, f'the request for help is over: {words}', now.mono,
                      {'help': one.shown.id, 'because': str(because), 'operator': by})]
