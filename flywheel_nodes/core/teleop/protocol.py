"""
The words of the relay's protocol: scopes, refusals, close codes and other closed lists.

The messages are declared in asks.py (from a client) and answers.py (from the relay).
"""

from enum import IntEnum

from flywheel_nodes.core.words import Word

VERSION = 1
PATH = '/control'
MAX_BYTES = 4096
HELLO_TIMEOUT_S = 2.0
PICTURE_WIDTH = 320
PICTURE_BYTES = 20_000
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
    HELP = 'help'
    SIGHT = 'sight'


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
    RESUME = 'resume'
    ADDRESS = 'address'
    TRIES = 'tries'
    TLS = 'tls'
    CERTIFICATE = 'certificate'
    HTTP = 'http'


class Ended(Word):
    """Why a lease ended."""

    RELEASED = 'released'
    EXPIRED = 'expired'
    CONNECTION_LOST = 'connection_lost'
    STOPPED = 'stopped'
    ARBITER = 'arbiter'
    TAKEN = 'taken'


class HelpReason(Word):
    """Why the robot asks for a human; the label of relay_help_requests_total."""

    MONITOR = 'monitor'
    STOPPED = 'stopped'
    STARVED = 'starved'


class HelpEnded(Word):
    """Why a request for help is over; the label of relay_help_ended_total."""

    TAKEN_OVER = 'taken_over'
    RESOLVED = 'resolved'
    DISMISSED = 'dismissed'


class Close(IntEnum):
    """WebSocket close codes of ours; 1001 (going away) and 1009 (too big) are the standard's."""

    LOGOUT = 4000
    NO_HELLO = 4400
    UNAUTHORIZED = 4401
    TIMEOUT = 4408
    FLOOD = 4429
    FULL = 4503


class Rejected(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A client message that goes no further."""

    def __init__(self, reason: Reject, of: str = '', seq: int | None = None) -> None:
        """Note the reason and, where they are known, the message's type and seq."""
        super().__init__(reason)
        self.reason = reason
        self.of = of
        self.seq = seq
