"""
One operator's session at the arbiter: from the first command under a lease to its end.

The deadman is a state, not a toggle. Driving begins with a fresh press after a neutral command,
and after a trip it takes neutral sticks and a fresh press again (IEC 62745's neutral position).
"""

from collections.abc import Callable

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Gate, Sight, TeleopCommand
from flywheel_nodes.core.driving.delay import ExcessDelay
from flywheel_nodes.core.driving.sight import Displayed, speed_cap
from flywheel_nodes.core.words import Word


class Refusal(Word):
    """Why a teleop command was not accepted; the label of teleop_commands_rejected_total."""

    NONE = ''
    OLD_EPOCH = 'old_epoch'
    WRONG_LEASE = 'wrong_lease'
    OLD_SEQUENCE = 'old_sequence'
    LATE = 'late'
    CLOCK_JUMPED = 'clock_jumped'
    FUTURE = 'future'
    VIDEO_LATE = 'video_late'
    NO_VIDEO = 'no_video'
    DIRECT_SIGHT = 'direct_sight'
    STRANGER = 'stranger'
    BLOCKED = 'blocked'
    NEUTRAL_NEEDED = 'neutral_needed'
    MISALIGNED = 'misaligned'
    UNKNOWN_AXIS = 'unknown_axis'


# Why a press moves nothing for what its operator sees, with the gate and the words for a trip.
_BLIND = {
    Refusal.VIDEO_LATE: (Gate.VIDEO_LATE, 'the displayed video is too old'),
    Refusal.NO_VIDEO: (Gate.NO_VIDEO, 'no video is displayed'),
    Refusal.DIRECT_SIGHT: (Gate.DIRECT_SIGHT, 'direct sight is not allowed any more'),
}


class Session:
    """What the commands under one lease say of its operator."""

    def __init__(self, first: TeleopCommand, trip: Callable[[str, str, int], None]) -> None:
        """
        Begin without the right to move anything.

        :param trip: called with operator, cause and time when driving ends without a release
        """
        self._trip = trip
        self.lease = first.lease
        self.operator = first.operator
        self.epoch = first.epoch
        self.heard_ns = 0
        self.seq = -1
        self.driving = False
        self.gate = Gate.DEADMAN
        self.sight = first.sight
        self.displayed = Displayed()
        self.cap = 1.0
        self._armed = False
        self._driven_ns = 0
        self._delay = ExcessDelay()
        self.excess_ns = 0

    def let_go(self, gate: Gate, armed: bool) -> None:
        """Stop moving the robot; armed: the next press of the deadman may start again."""
        self.driving, self.gate, self._armed = False, gate, armed

    def rested(self, seq: int) -> None:
        """Take the word that the holder holds without driving; an overtaken one arms nothing."""
        # Number 0 is the relay's own word for a claim: it knows nothing of sticks and deadman.
        self.let_go(Gate.DEADMAN, armed=seq > 0 and seq >= self.seq)
        self.seq = max(seq, self.seq)

    # --- commands -------------------------------------------------------------------------------

    def drive(self, command: TeleopCommand, now: int, config: ArbiterConfig,
              blocked: bool) -> Refusal:
        """
        Take a driving command.

        :param blocked: something keeps everybody from driving
        """
        self.watch(now, config.command_timeout)
        drove = self.driving
        refusal = self.accept(command, now, config.excess_delay)
        if refusal is Refusal.CLOCK_JUMPED and drove:
            self._trip(self.operator, "the client's clock jumped", now)
        if not command.deadman and refusal is not Refusal.OLD_SEQUENCE:
            self._let_go(command, refusal, now)
        if refusal is Refusal.LATE and not self.driving:
            # Pressed while nothing got through: no fresh press, whatever neutral came before it.
            self.let_go(Gate.COMMAND_LATE, armed=False)
        if refusal is not Refusal.NONE or not command.deadman:
            return refusal
        if blocked:
            self.let_go(Gate.DEADMAN, armed=False)
            return Refusal.BLOCKED
        blind = self._blind(now, config)
        if blind is not Refusal.NONE:
            return self._unseen(blind, now)
        return self.pressed(now, self._allowed(now, config))

    def _let_go(self, command: TeleopCommand, refusal: Refusal, now: int) -> None:
        """Take a command without deadman; a late one lets go too, but arms nothing."""
        if self.released(command):
            self._trip(self.operator, 'the deadman was let go', now)
        if refusal is not Refusal.NONE:
            self.let_go(Gate.DEADMAN, armed=False)

    def _blind(self, now: int, config: ArbiterConfig) -> Refusal:
        """Return why the operator does not see enough to drive at all."""
        if self.sight is Sight.DIRECT:
            return Refusal.NONE if config.direct_sight else Refusal.DIRECT_SIGHT
        age = self.displayed.age(now)
        if age is None:
            return Refusal.NO_VIDEO
        return Refusal.VIDEO_LATE if age > config.video_max_age else Refusal.NONE

    def _unseen(self, blind: Refusal, now: int) -> Refusal:
        gate, because = _BLIND[blind]
        if self.driving:
            self._trip(self.operator, because, now)
        self.let_go(gate, armed=False)
        return blind

    def _allowed(self, now: int, config: ArbiterConfig) -> float:
        """Return the share of the speed limits that what the operator sees allows."""
        if self.sight is Sight.DIRECT:
            return 1.0
        return speed_cap(self.displayed.age(now) or 0.0, config.video_full_age,
                         config.video_max_age)

    def accept(self, command: TeleopCommand, now: int, most_late: float) -> Refusal:
        """Check sequence, clock and delay of a driving command; most_late in s."""
        if command.seq <= self.seq:
            return Refusal.OLD_SEQUENCE
        self.seq = command.seq
        most, stamp = int(most_late * SECOND), command.t_client_ns
        if self._delay.jumped(now, stamp, most):
            self._delay = ExcessDelay()
            self._delay.observe(now, stamp)
            self.let_go(Gate.NEUTRAL_NEEDED, armed=False)
            return Refusal.CLOCK_JUMPED
        self.excess_ns = self._delay.observe(now, stamp)
        if self.excess_ns > most:
            return Refusal.LATE
        return Refusal.NONE if self.displayed.look(command.seen_ns, now) else Refusal.FUTURE

    def released(self, command: TeleopCommand) -> bool:
        """Take a command without deadman; return whether that was a trip."""
        neutral = is_neutral(command)
        tripped = self.driving and not neutral
        self.let_go(Gate.DEADMAN, neutral or (self._armed and not tripped))
        return tripped

    def pressed(self, now: int, cap: float) -> Refusal:
        """
        Take a command with the deadman pressed while nothing else forbids driving.

        :param cap: share of the speed limits that it may use
        """
        if not self._armed:
            self.gate = Gate.NEUTRAL_NEEDED
            return Refusal.NEUTRAL_NEEDED
        self.driving, self._driven_ns, self.cap = True, now, cap
        return Refusal.NONE

    # --- silence --------------------------------------------------------------------------------

    def watch(self, now: int, timeout: float) -> None:
        """Stop moving the robot when commands have stopped coming for timeout s."""
        if self.overdue(now, timeout):
            self.let_go(Gate.COMMAND_LATE, armed=False)
            self._trip(self.operator, 'commands stopped coming', now)

    def overdue(self, now: int, timeout: float) -> bool:
        """Say whether the operator drives but has sent nothing for timeout s."""
        return self.driving and now - self._driven_ns > timeout * SECOND

    def silent(self, now: int, timeout: float) -> bool:
        """Say whether not even the relay has spoken of this session for timeout s."""
        return now - self.heard_ns > timeout * SECOND


def is_neutral(command: TeleopCommand) -> bool:
    """Say whether a command asks for no motion."""
    return not command.joints and not any(value for _, value in command.axes)
