"""What became of the conversations of a server, counted by its threads and read by a node."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
import threading

from flywheel_nodes.core.metrics import Metrics
from flywheel_nodes.core.words import Word

OTHER = 'other'


class Dropped(Word):
    """Why a conversation ended without an answer."""

    GONE = 'gone'
    SLOW = 'slow'
    CROWDED_OUT = 'crowded_out'
    HANDSHAKE = 'handshake'
    FAILED = 'failed'


@dataclass(frozen=True)
class Counted:
    """Totals since the start: answers by path and code, ends without an answer by reason."""

    requests: Mapping[tuple[str, str], int]
    dropped: Mapping[Dropped, int]

    def copy_to(self, metrics: Metrics) -> None:
        """Copy the totals into a node's metrics."""
        for (path, code), count in self.requests.items():
            metrics.set('exporter_requests_total', count, path=path, code=code)
        for reason, count in self.dropped.items():
            metrics.set('exporter_connections_dropped_total', count, reason=reason)


class HttpCounts:
    """Running totals; their keys are bounded by routes, codes and reasons."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._dropped: Counter[Dropped] = Counter(dict.fromkeys(Dropped, 0))

    def answered(self, path: str, code: int) -> None:
        """Count an answer that went out whole; path: a route, or OTHER."""
        with self._lock:
            self._requests[path, str(code)] += 1

    def lost(self, why: Dropped) -> None:
        """Count a connection that ended without one."""
        with self._lock:
            self._dropped[why] += 1

    def read(self) -> Counted:
        """Return the totals of this moment."""
        with self._lock:
            return Counted(dict(self._requests), dict(self._dropped))
