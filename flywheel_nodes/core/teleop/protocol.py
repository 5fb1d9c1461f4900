"""
The relay's protocol as tables: kinds of client messages, scopes, refusals, close codes.

docs/protocol.md tells the same to people; a test keeps the two together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.words import Word

VERSION = 1
PATH = '/control'
MAX_BYTES = 4096
HELLO_TIMEOUT_S = 2.0
PING_PERIOD_NS = 1_000_000_000


class Scope(Word):
    """What a token allows; each scope holds those before it."""

    VIEW = 'view'
    DRIVE = 'drive'
    SUPERVISE = 'supervise'

    def covers(self, needed: 'Scope') -> bool:
        """Say whether this scope is enough."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class Reject(Word):
    """Why a message was refused; the label of relay_messages_rejected_total."""

    SIZE = 'size'
    RATE = 'rate'
    BINARY = 'binary'
    DEPTH = 'depth'
    MALFORMED = 'malformed'
    KIND = 'kind'
    SHAPE = 'shape'
    VALUE = 'value'
    SCOPE = 'scope'
    LEASE = 'lease'
    SEQUENCE = 'sequence'
    BUSY = 'busy'


class Login(Word):
    """Why a connection was not let in; the label of relay_logins_refused_total."""

    ORIGIN = 'origin'
    FULL = 'full'
    TIMEOUT = 'timeout'
    HELLO = 'hello'
    PROTOCOL = 'protocol'
    MALFORMED = 'malformed'
    ALGORITHM = 'algorithm'
    KEY = 'key'
    SIGNATURE = 'signature'
    CLAIMS = 'claims'
    AUDIENCE = 'audience'
    EXPIRED = 'expired'
    EARLY = 'early'
    LIFETIME = 'lifetime'
    REPLAYED = 'replayed'


class Ended(Word):
    """Why a lease ended."""

    RELEASED = 'released'
    EXPIRED = 'expired'
    CONNECTION_LOST = 'connection_lost'
    STOPPED = 'stopped'
    ARBITER = 'arbiter'


class Close(IntEnum):
    """WebSocket close codes of ours; 1001 (going away) and 1009 (too big) are the standard's."""

    NO_HELLO = 4400
    UNAUTHORIZED = 4401
    TIMEOUT = 4408
    FLOOD = 4429


class Rejected(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A client message that goes no further."""

    def __init__(self, reason: Reject, of: str = '', seq: int | None = None) -> None:
        """Note the reason and, where they are known, the message's type and seq."""
        super().__init__(reason)
        self.reason = reason
        self.of = of
        self.seq = seq


Check = Callable[[object], Reject | None]


def text(most: int) -> Check:
    """Return a check for printable text of at most that many characters."""
    def check(value: object) -> Reject | None:
        if not isinstance(value, str):
            return Reject.SHAPE
        return None if len(value) <= most and value.isprintable() else Reject.VALUE
    return check


def one_of(*words: str) -> Check:
    """Return a check for a word of a closed list."""
    def check(value: object) -> Reject | None:
        if not isinstance(value, str):
            return Reject.SHAPE
        return None if value in words else Reject.VALUE
    return check


def whole(value: object) -> Reject | None:
    """Check a whole number that fits 63 bits and is not negative."""
    if type(value) is not int:
        return Reject.SHAPE
    return None if 0 <= value < 1 << 63 else Reject.VALUE


def flag(value: object) -> Reject | None:
    """Check a literal true or false."""
    return None if isinstance(value, bool) else Reject.SHAPE


def numbers(most: float) -> Check:
    """Return a check for an object of names and finite numbers of at most that magnitude."""
    def check(value: object) -> Reject | None:
        if not isinstance(value, dict) or any(
                type(number) not in (int, float) for number in value.values()):
            return Reject.SHAPE
        # Comparisons, not isfinite(): they are false for NaN and cannot overflow.
        good = all(-most <= number <= most for number in value.values())
        return None if good else Reject.VALUE
    return check


@dataclass(frozen=True)
class Kind:
    """One type of client message: its fields, and the authority it needs."""

    needed: dict[str, Check] = field(default_factory=dict)
    optional: dict[str, Check] = field(default_factory=dict)
    scope: Scope = Scope.VIEW


_LEASE: dict[str, Check] = {'lease': text(64), 'epoch': whole}
_PHASE = one_of(Phase.CORRECTION, Phase.RECOVERY)

KINDS: dict[str, Kind] = {
    'hello': Kind({'token': text(2048), 'protocol': whole}, {'client': text(80)}),
    'ping': Kind({'t0': whole}),
    'pong': Kind({'t0': whole, 't1': whole, 't2': whole}),
    'stop': Kind(),
    'resume': Kind(scope=Scope.DRIVE),
    'claim': Kind(scope=Scope.DRIVE),
    'renew': Kind(_LEASE, scope=Scope.DRIVE),
    'idle': Kind({**_LEASE, 'seq': whole}, {'phase': _PHASE}, Scope.DRIVE),
    'drive': Kind(
        {**_LEASE, 'seq': whole, 't_client': whole, 'deadman': flag},
        {'axes': numbers(1.0), 'joints': numbers(1e4), 'phase': _PHASE, 'obs_id': text(64),
         'frame': text(64)}, Scope.DRIVE),
    'release': Kind(
        {**_LEASE, 'reason': one_of(*Reason), 'outcome': one_of(*Outcome)},
        {'note': text(500), 'phase': _PHASE}, Scope.DRIVE),
}

ANSWERS: tuple[str, ...] = ('welcome', 'state', 'ping', 'pong', 'grant', 'deny', 'renewed',
                            'ended', 'accepted', 'event', 'reject')
