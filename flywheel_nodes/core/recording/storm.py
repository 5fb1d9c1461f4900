"""
Bounds on what a storm of triggers can cost: snippets open at once, and snippets an hour.

Low priority is refused before high: a rule of priority 0 may use half of what there is, and the
last place is for 100 alone, so that a takeover finds room however many others fired before.
"""

from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.gate import Refusal

HOUR = 3600 * SECOND


@dataclass(frozen=True)
class Bounds:
    """most_open: snippets at a time; per_hour: on average; burst: that many at once."""

    most_open: int = 4
    per_hour: float = 120.0
    burst: int = 30


class Budget:
    """A bucket that fills by per_hour and holds burst; a new snippet takes one."""

    def __init__(self, bounds: Bounds) -> None:
        """Begin with a full bucket."""
        self._bounds = bounds
        self._left = float(bounds.burst)
        self._at_ns: int | None = None

    def ask(self, now_ns: int, priority: int, open_now: int) -> Refusal | None:
        """Return why no new snippet may begin; None when it does."""
        self._fill(now_ns)
        if open_now >= max(1, int(self._bounds.most_open * _share(priority))):
            return Refusal.OPEN
        if self._left - self._kept_back(priority) < 1.0:
            return Refusal.RATE
        self._left -= 1.0
        return None

    def _kept_back(self, priority: int) -> float:
        if priority >= 100:
            return 0.0
        return min(self._bounds.burst - 1.0,
                   max(1.0, self._bounds.burst * (1.0 - _share(priority))))

    def _fill(self, now_ns: int) -> None:
        passed = 0 if self._at_ns is None else now_ns - self._at_ns
        self._at_ns = now_ns
        self._left = min(float(self._bounds.burst),
                         self._left + self._bounds.per_hour * passed / HOUR)


def _share(priority: int) -> float:
    return (100 + priority) / 200.0
