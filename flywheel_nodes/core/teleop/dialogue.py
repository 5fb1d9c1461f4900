"""What each message of a client leads to: one method each, found in a table."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Sight
from flywheel_nodes.core.teleop.admission import Message
from flywheel_nodes.core.teleop.deeds import Audited, Deed, Drop, Expel, Note, Send
from flywheel_nodes.core.teleop.help_queue import HelpQueue
from flywheel_nodes.core.teleop.lease import Lease
from flywheel_nodes.core.teleop.protocol import Close, Reject, Rejected
from flywheel_nodes.core.teleop.resumes import Resumes
from flywheel_nodes.core.teleop.seat import Seat
from flywheel_nodes.core.teleop.session import Session

Fields = Mapping[str, Any]


class Dialogue:
    """Hands messages to seat, help queue and resume secrets; round_trips: the newest in s."""

    def __init__(self, seat: Seat, help_queue: HelpQueue, resumes: Resumes) -> None:
        """Begin without a message."""
        self.round_trips: deque[float] = deque(maxlen=256)
        self._seat = seat
        self._help = help_queue
        self._resumes = resumes

    def answer(self, session: Session, message: Message, now: Now) -> list[Deed]:
        """Return what a message leads to; raises Rejected with its type and number."""
        handle = _HANDLERS.get(message.kind, _refuse)
        try:
            return handle(self, session, message.fields, now)
        except Rejected as refused:
            raise Rejected(refused.reason, message.kind, message.fields.get('seq')) from None

    # --- clocks ---------------------------------------------------------------------------------

    def _ping(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return [Send(session.client, {'type': 'pong', 't0': fields['t0'], 't1': now.mono,
                                      't2': now.mono})]

    def _pong(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        self.round_trips.append(session.pong(fields, now.mono) / SECOND)
        return []

    # --- the lease ------------------------------------------------------------------------------

    def _claim(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return self._seat.claim(session.client, session.operator, _sight(fields), now.mono)

    def _take(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        before = self._seat.holder(now.mono)
        deeds = self._seat.take(session.client, session.operator, _sight(fields), now.mono)
        self._revoke(before, but=session.client)
        return deeds

    def _renew(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return self._seat.renew(session.client, fields, now.mono)

    def _drive(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return self._seat.drive(session.client, fields, now.mono)

    def _idle(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return self._seat.idle(session.client, fields, now.mono)

    def _release(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return self._seat.release(session.client, fields, now.mono)

    def _revoke(self, lost: Lease | None, but: int | None = None) -> None:
        """Whoever loses the lease to somebody shows a fresh token to come back."""
        if lost and lost.client != but:
            self._resumes.revoke_all_of(lost.operator)

    # --- what is asked of the arbiter -----------------------------------------------------------

    def _stop(self, session: Session, _: Fields, now: Now) -> list[Deed]:
        self._revoke(self._seat.holder(now.mono))
        return [Note(Audited.STOP, session.client, session.operator),
                *self._seat.stop(session.operator, now.mono), _accepted(session, 'stop')]

    def _resume(self, session: Session, _: Fields, now: Now) -> list[Deed]:
        return [Note(Audited.RESUME, session.client, session.operator),
                *self._seat.resume(session.operator, now.mono), _accepted(session, 'resume')]

    # --- requests for help ----------------------------------------------------------------------

    def _help_accept(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return [*self._help.accept(session.client, session.operator, fields['id'], now),
                _accepted(session, 'help_accept')]

    def _help_dismiss(self, session: Session, fields: Fields, now: Now) -> list[Deed]:
        return [*self._help.dismiss(session.operator, fields['id'], now),
                _accepted(session, 'help_dismiss')]

    def _help_picture(self, session: Session, fields: Fields, _: Now) -> list[Deed]:
        return [Send(session.client, {'type': 'help_picture', 'id': fields['id'],
                                      'picture': self._help.picture(fields['id'])})]

    # --- goodbye --------------------------------------------------------------------------------

    def _logout(self, session: Session, _: Fields, __: Now) -> list[Deed]:
        self._resumes.revoke(session.client)
        return [Note(Audited.LOGOUT, session.client, session.operator), Expel(session.client),
                Drop(session.client, Close.LOGOUT, 'logout')]


def _refuse(_: Dialogue, __: Session, ___: Fields, ____: Now) -> list[Deed]:
    raise Rejected(Reject.KIND)  # a second hello


def _accepted(session: Session, kind: str) -> Send:
    return Send(session.client, {'type': 'accepted', 'of': kind})


def _sight(fields: Fields) -> Sight:
    return Sight(fields.get('sight', Sight.VIDEO))


_Handle = Callable[[Dialogue, Session, Fields, Now], list[Deed]]
_HANDLERS: Mapping[str, _Handle] = {
    'ping': Dialogue._ping,
    'pong': Dialogue._pong,
    'claim': Dialogue._claim,
    'take': Dialogue._take,
    'renew': Dialogue._renew,
    'drive': Dialogue._drive,
    'idle': Dialogue._idle,
    'release': Dialogue._release,
    'stop': Dialogue._stop,
    'resume': Dialogue._resume,
    'help_accept': Dialogue._help_accept,
    'help_dismiss': Dialogue._help_dismiss,
    'help_picture': Dialogue._help_picture,
    'logout': Dialogue._logout,
}
