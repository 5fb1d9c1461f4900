"""Rates below that of the loop they are served from."""

from flywheel_nodes.core.clock import SECOND


class Every:
    """A rate within a loop's: due half a loop early rather than one late, so it is kept."""

    def __init__(self, rate: float, loop_rate: float) -> None:
        """Be due at once, then at this rate, both in Hz."""
        self._period_ns = int(SECOND / rate)
        self._slack_ns = int(SECOND / loop_rate / 2)
        self._next_ns = 0

    def due(self, now_ns: int) -> bool:
        """Return whether it is time again; what was missed is skipped."""
        if now_ns + self._slack_ns < self._next_ns:
            return False
        missed = now_ns - self._next_ns > self._period_ns
        self._next_ns = (now_ns if missed else self._next_ns) + self._period_ns
        return True
