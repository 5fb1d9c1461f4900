"""
One operator's session at the arbiter: from the first command under a lease to its end.

The deadman is a state, not a toggle. Driving begins with a fresh press after a neutral command,
and after a trip it takes neutral sticks and a fresh press again (IEC 62745's neutral position).
"""

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, TeleopCommand
from flywheel_nodes.core.driving.delay import ExcessDelay
from flywheel_nodes.core.words import Word


class Refusal(Word):
    """Why a teleop command was not accepted; the label of teleop_commands_rejected_total."""

    NONE = ''
    OLD_EPOCH = 'old_epoch'
    WRONG_LEASE = 'wrong_lease'
    OLD_SEQUENCE = 'old_sequence'
    LATE = 'late'
    BLOCKED = 'blocked'
    NEUTRAL_NEEDED = 'neutral_needed'
    MISALIGNED = 'misaligned'
    UNKNOWN_AXIS = 'unknown_axis'


class Session:
    """What the commands under one lease say of its operator."""

    def __init__(self, first: TeleopCommand) -> None:
        """Begin without the right to move anything."""
        self.lease = first.lease
        self.operator = first.operator
        self.epoch = first.epoch
        self.heard_ns = 0
        self.seq = -1
        self.driving = False
        self.gate = Gate.DEADMAN
        self._armed = False
        self._driven_ns = 0
        self._delay = ExcessDelay()

    def let_go(self, gate: Gate, armed: bool) -> None:
        """Stop moving the robot; armed: the next press of the deadman may start again."""
        self.driving, self.gate, self._armed = False, gate, armed

    def accept(self, command: TeleopCommand, now: int, most_late: float) -> Refusal:
        """Check sequence and delay of a driving command; most_late in s."""
        if command.seq <= self.seq:
            return Refusal.OLD_SEQUENCE
        self.seq = command.seq
        late = self._delay.observe(now, command.t_client_ns)
        return Refusal.LATE if late > most_late * SECOND else Refusal.NONE

    def released(self, command: TeleopCommand) -> bool:
        """Take a command without deadman; return whether that was a trip."""
        neutral = is_neutral(command)
        tripped = self.driving and not neutral
        self.let_go(Gate.DEADMAN, neutral or (self._armed and not tripped))
        return tripped

    def pressed(self, now: int) -> Refusal:
        """Take a command with the deadman pressed while nothing else forbids driving."""
        if not self._armed:
            self.gate = Gate.NEUTRAL_NEEDED
            return Refusal.NEUTRAL_NEEDED
        self.driving, self._driven_ns = True, now
        return Refusal.NONE

    def overdue(self, now: int, timeout: float) -> bool:
        """Say whether the operator drives but has sent nothing for timeout s."""
        return self.driving and now - self._driven_ns > timeout * SECOND

    def silent(self, now: int, timeout: float) -> bool:
        """Say whether not even the relay has spoken of this session for timeout s."""
        return now - self.heard_ns > timeout * SECOND


def is_neutral(command: TeleopCommand) -> bool:
    """Say whether a command asks for no motion."""
    return not command.joints and not any(value for _, value in command.axes)
