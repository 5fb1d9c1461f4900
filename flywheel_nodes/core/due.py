"""Work that is due once in a while, within a loop that runs more often."""

from flywheel_nodes.core.clock import SECOND


class Due:
    """Tells when it is time again, at once for the first time; what was missed is skipped."""

    def __init__(self, period: float) -> None:
        """Begin due; period in s."""
        self._period_ns = int(period * SECOND)
        self._last_ns: int | None = None

    def due(self, now_ns: int) -> bool:
        """Return whether it is time again, and begin to wait if so."""
        if self._last_ns is not None and now_ns - self._last_ns < self._period_ns:
            return False
        self._last_ns = now_ns
        return True
