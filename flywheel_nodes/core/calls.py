"""Requests to a robot that wait for their answers, by identity."""

from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND

MOST = 256
OURS = 0x4657  # "FW": as nanoseconds since 1970, which others use, this is far in the future
_BITS = 24
_COUNT = (1 << _BITS) - 1


class Identities:
    """
    Numbers for the requests of one client: 63 bits, unlike those of any other client.

    mark: 24 bits that tell it from another flywheel on the same bus.
    """

    def __init__(self, mark: int = 0) -> None:
        """Begin to count."""
        self._first = (OURS << _BITS | mark & _COUNT) << _BITS
        self._count = 0

    def next(self) -> int:
        """Return a number that none of the last 16 million was."""
        self._count = self._count + 1 & _COUNT
        return self._first | self._count

    def ours(self, identity: int) -> bool:
        """Tell whether a number is one of this client's."""
        return identity & ~_COUNT == self._first


@dataclass(frozen=True)
class Waiting:
    """A request without an answer yet; told: whether its success is worth an event."""

    what: str
    asked_ns: int
    told: bool = True


class Calls:
    """
    The requests of one client; identities are the client's own.

    No more than 256 wait at a time: the oldest counts as unanswered then.
    """

    def __init__(self, timeout: float) -> None:
        """Begin with none; timeout: an answer is due within, in s."""
        self._timeout_ns = int(timeout * SECOND)
        self._waiting: dict[int, Waiting] = {}

    def asked(self, identity: int, what: str, now_ns: int, told: bool = True) -> None:
        """Take note of a request that wants an answer."""
        self._waiting[identity] = Waiting(what, now_ns, told)

    def answered(self, identity: int) -> Waiting | None:
        """Return the request that an answer belongs to, None for an answer to somebody else."""
        return self._waiting.pop(identity, None)

    def overdue(self, now_ns: int) -> list[Waiting]:
        """Return the requests that will not be answered any more, and forget them."""
        late = [identity for identity, one in self._waiting.items()
                if now_ns - one.asked_ns > self._timeout_ns]
        late = late or list(self._waiting)[:-MOST]
        return [self._waiting.pop(identity) for identity in late]
