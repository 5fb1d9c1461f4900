"""
Secrets with which somebody who was let in may come back and watch, and no more.

They live in memory only, as digests. A lease never resumes: whoever wants to drive again, brings
a fresh token. One secret opens several connections, such as one for each camera's video.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
import hashlib

from flywheel_nodes.core.clock import SECOND

MOST = 256
LIFETIME_NS = 1800 * SECOND


@dataclass(frozen=True)
class Resume:
    """Whose secret it is; client: the connection it was given to."""

    client: int
    operator: str
    until_ns: int


class Resumes:
    """The secrets that are good now; the oldest goes when there are too many."""

    def __init__(self, most: int = MOST, lifetime_ns: int = LIFETIME_NS) -> None:
        """Begin without any."""
        self._most = most
        self._lifetime_ns = lifetime_ns
        self._good: OrderedDict[str, Resume] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._good)

    def give(self, secret: str, client: int, operator: str, now_ns: int) -> None:
        """Keep a fresh secret for a client."""
        self._good[digest(secret)] = Resume(client, operator, now_ns + self._lifetime_ns)
        if len(self._good) > self._most:
            self._good.popitem(last=False)

    def find(self, secret: str, now_ns: int) -> Resume | None:
        """Return whose secret it is, None when it is unknown, revoked or over."""
        found = self._good.get(digest(secret))
        if found and now_ns >= found.until_ns:
            del self._good[digest(secret)]
            return None
        return found

    def revoke(self, client: int) -> None:
        """Make a connection's secret void."""
        self._keep(lambda one: one.client != client)

    def revoke_all_of(self, operator: str) -> None:
        """Make all of somebody's secrets void."""
        self._keep(lambda one: one.operator != operator)

    def _keep(self, good: Callable[[Resume], bool]) -> None:
        self._good = OrderedDict((k, one) for k, one in self._good.items() if good(one))


def digest(secret: str) -> str:
    """Return what is kept of a secret; comparing digests tells nothing by the time it takes."""
    return hashlib.sha256(secret.encode()).hexdigest()
