"""
The driver's seat: the lease, and what is asked of the arbiter in its holder's name.

A drive command is forwarded once and never repeated, so that the arbiter notices a client that
falls silent. That the holder holds without driving is repeated, because it moves nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Control, Request, Sight, TeleopCommand
from flywheel_nodes.core.events import Event, EventName, Outcome, Phase, Reason
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.teleop.deeds import Audited, Deed, Note, Publish, Send
from flywheel_nodes.core.teleop.errands import Errands, REPEAT_NS
from flywheel_nodes.core.teleop.lease import Lease, LeaseBook
from flywheel_nodes.core.teleop.protocol import Ended, Reject, Rejected

Fields = Mapping[str, Any]


class Seat:
    """One robot's seat; each input returns the deeds to be done or raises Rejected."""

    def __init__(self, robot: Robot, ttl_s: float, new_id: Callable[[], str],
                 started_ms: int) -> None:
        """
        Begin empty.

        :param new_id: gives the identifiers of leases
        :param started_ms: the monotonic clock, from which epochs rise
        """
        self._axes = frozenset(robot.axes)
        self._joints = frozenset(joint.name for joint in robot.joints)
        self._cameras = robot.cameras
        self._ttl_s = ttl_s
        self._new_id = new_id
        self._book = LeaseBook(int(ttl_s * SECOND), started_ms)
        self._errands = Errands()
        self._control: Control | None = None
        self._control_ns = 0
        self._seq = -1
        self._taken_up = False
        self._resting: TeleopCommand | None = None
        self._rested_ns = 0

    def holder(self, now: int) -> Lease | None:
        """Return the lease that is valid now."""
        return self._book.holder(now)

    # --- anybody --------------------------------------------------------------------------------

    def stop(self, operator: str, now: int) -> list[Deed]:
        """Ask for a stop, which also ends the lease."""
        deeds = self._ask(Request.STOP, operator, now)
        lease = self._book.end()
        return [*deeds, *self._ended(lease, Ended.STOPPED, now)]

    def resume(self, operator: str, now: int) -> list[Deed]:
        """Ask for a resume; the arbiter decides."""
        return self._ask(Request.RESUME, operator, now)

    def _ask(self, request: Request, operator: str, now: int) -> list[Deed]:
        number = self._book.next_epoch()
        return self._errand(TeleopCommand(request, operator, epoch=number, seq=number), now)

    def claim(self, client: int, operator: str, sight: Sight, now: int) -> list[Deed]:
        """Grant the lease, or tell who holds it."""
        self._check(sight)
        expired = self._expire(now)
        lease = self._book.claim(client, operator, self._new_id(), now, sight)
        if lease is None:
            holder = self._book.holder(now)
            name = holder.operator if holder else ''
            return [Note(Audited.LEASE_DENIED, client, operator, {'holder': name}),
                    Send(client, {'type': 'deny', 'holder': name})]
        self._seq, self._taken_up = 0, False  # 0 is the claim itself, which arms no deadman
        event = Event(EventName.LEASE_GRANTED, f'{operator} holds the lease', now,
                      {'operator': operator, 'epoch': str(lease.epoch), 'sight': str(sight)})
        note = Note(Audited.LEASE_GRANTED, client, operator,
                    {'epoch': str(lease.epoch), 'sight': str(sight)})
        grant = Send(client, {'type': 'grant', **self._terms(lease)})
        begun = self._rest_on(_command(lease, Request.IDLE, 0), now)
        return [*expired, event, note, grant, *begun]

    def _check(self, sight: Sight) -> None:
        if sight is Sight.VIDEO and not self._cameras:
            raise Rejected(Reject.SIGHT)  # who claims would find out with the first press only

    def take(self, client: int, operator: str, sight: Sight, now: int) -> list[Deed]:
        """Grant the lease even if somebody else holds it, whose session ends before."""
        self._check(sight)
        holder = self._book.holder(now)
        if holder is None or holder.client == client:
            return self.claim(client, operator, sight, now)
        note = Note(Audited.LEASE_TAKEN, client, operator, {'from': holder.operator})
        return [note, *self._abort(Ended.TAKEN, now),
                *self.claim(client, operator, sight, now)]

    def _terms(self, lease: Lease) -> dict[str, Any]:
        return {'lease': lease.id, 'epoch': lease.epoch, 'ttl': self._ttl_s}

    # --- its holder -----------------------------------------------------------------------------

    def renew(self, client: int, fields: Fields, now: int) -> list[Deed]:
        """Prolong the lease."""
        lease = self._book.renew(client, fields['lease'], fields['epoch'], now)
        if lease is None:
            raise Rejected(Reject.LEASE)
        return [Send(client, {'type': 'renewed', **self._terms(lease)})]

    def idle(self, client: int, fields: Fields, now: int) -> list[Deed]:
        """Hold without driving from now on."""
        command = self._next(client, fields, Request.IDLE, now)
        self._seq = command.seq
        return self._rest_on(command, now)

    def drive(self, client: int, fields: Fields, now: int) -> list[Deed]:
        """Forward a command, once."""
        command = self._next(client, fields, Request.DRIVE, now)
        axes, joints = fields.get('axes', {}), fields.get('joints', {})
        if not (axes.keys() <= self._axes and joints.keys() <= self._joints):
            raise Rejected(Reject.VALUE)
        if self._errands.blocking(now):
            raise Rejected(Reject.BUSY)
        self._seq, self._resting = command.seq, None
        return [Publish(replace(
            command, deadman=fields['deadman'], t_client_ns=fields['t_client'],
            obs_id=fields.get('obs_id', ''), frame=fields.get('frame', ''), axes=_pairs(axes),
            joints=_pairs(joints)))]

    def release(self, client: int, fields: Fields, now: int) -> list[Deed]:
        """End the lease with a reason and an outcome."""
        lease = self._held(client, fields, now)
        command = replace(
            _command(lease, Request.RELEASE, self._seq + 1, fields), reason=fields['reason'],
            outcome=fields['outcome'], note=fields.get('note', ''))
        self._book.end()
        return [*self._errand(command, now), *self._ended(lease, Ended.RELEASED, now)]

    def _next(self, client: int, fields: Fields, request: Request, now: int) -> TeleopCommand:
        lease = self._held(client, fields, now)
        if fields['seq'] <= self._seq:
            raise Rejected(Reject.SEQUENCE)
        return _command(lease, request, fields['seq'], fields)

    def _held(self, client: int, fields: Fields, now: int) -> Lease:
        lease = self._book.held(client, fields['lease'], fields['epoch'], now)
        if lease is None:
            raise Rejected(Reject.LEASE)
        return lease

    # --- ends that nobody asked for -------------------------------------------------------------

    def gone(self, client: int, now: int) -> list[Deed]:
        """Note that a connection is lost; a lease bound to it ends."""
        return self._abort(Ended.CONNECTION_LOST, now) if self._book.of(client) else []

    def _expire(self, now: int) -> list[Deed]:
        return [] if self._book.holder(now) else self._abort(Ended.EXPIRED, now)

    def _abort(self, because: Ended, now: int) -> list[Deed]:
        lease = self._book.end()
        if lease is None:
            return []
        command = replace(
            _command(lease, Request.RELEASE, self._seq + 1), reason=Reason.OTHER,
            outcome=Outcome.ABORTED, note=because.replace('_', ' '))
        return [*self._errand(command, now), *self._ended(lease, because, now)]

    def control(self, control: Control | None, heard_ns: int, now: int) -> list[Deed]:
        """Hear the arbiter: a lease it had taken up and has ended by itself is over."""
        self._control, self._control_ns = control, heard_ns
        deeds = self._run_errands(now)
        lease = self._book.holder(now)
        if lease is None or control is None:
            return deeds
        if control.epoch == lease.epoch:
            self._taken_up = True
        elif self._taken_up:
            self._book.end()
            return [*deeds, *self._ended(lease, Ended.ARBITER, now)]
        return deeds

    def _ended(self, lease: Lease | None, because: Ended, now: int) -> list[Deed]:
        self._resting = None
        if lease is None:
            return []
        sentence = f'the lease of {lease.operator} is over: {because.replace("_", " ")}'
        values = {'operator': lease.operator, 'epoch': str(lease.epoch), 'because': str(because)}
        return [Event(EventName.LEASE_ENDED, sentence, now, values),
                Note(Audited.LEASE_ENDED, lease.client, lease.operator,
                     {'epoch': str(lease.epoch), 'because': str(because)}),
                Send(lease.client, {'type': 'ended', 'epoch': lease.epoch,
                                    'because': str(because)})]

    # --- time -----------------------------------------------------------------------------------

    def tick(self, now: int) -> list[Deed]:
        """Do what is due."""
        return [*self._expire(now), *self._run_errands(now), *self._rest(now)]

    def _errand(self, command: TeleopCommand, now: int) -> list[Deed]:
        self._errands.add(command)
        return self._run_errands(now)

    def _run_errands(self, now: int) -> list[Deed]:
        return [Publish(c) for c in self._errands.run(self._control, self._control_ns, now)]

    def _rest_on(self, command: TeleopCommand, now: int) -> list[Deed]:
        """Say, now and from now on, that the holder holds and does not drive."""
        self._resting, self._rested_ns = command, now - REPEAT_NS
        return self._rest(now)

    def _rest(self, now: int) -> list[Deed]:
        if (self._resting is None or self._errands.blocking(now)
                or now - self._rested_ns < REPEAT_NS):
            return []
        self._rested_ns = now
        return [Publish(self._resting)]


def _command(lease: Lease, request: Request, seq: int,
             fields: Fields = MappingProxyType({})) -> TeleopCommand:
    return TeleopCommand(request, lease.operator, lease.id, lease.epoch, seq,
                         phase=Phase(fields.get('phase', Phase.CORRECTION)), sight=lease.sight)


def _pairs(values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple((name, float(value)) for name, value in values.items())
