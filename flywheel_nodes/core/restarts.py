"""When to start a crashed process again, and when to give up."""

from collections import deque
from dataclasses import dataclass

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Patience:
    """How long a supervisor goes on: the delay doubles from first to last, in s."""

    first: float = 0.5
    last: float = 8.0
    most: int = 5
    window: float = 60.0


class Restarts:
    """The crashes of one process."""

    def __init__(self, patience: Patience) -> None:
        """Begin without any crash."""
        self._patience = patience
        self._crashes: deque[int] = deque()
        self.total = 0

    def crashed(self, now_ns: int) -> float | None:
        """Count a crash; return the seconds to wait before the next start, None to give up."""
        self.total += 1
        self._crashes.append(now_ns)
        while self._crashes[0] < now_ns - int(self._patience.window * SECOND):
            self._crashes.popleft()
        if len(self._crashes) > self._patience.most:
            return None
        delay = self._patience.first * 2.0 ** (len(self._crashes) - 1)
        return min(delay, self._patience.last)
