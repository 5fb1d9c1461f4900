"""A token bucket: so many a second, and so many at once."""

from flywheel_nodes.core.clock import SECOND


class Bucket:
    """Fills at a rate; level: how many can be taken now, below 0 after a debt."""

    def __init__(self, rate: float, burst: float = 0.0) -> None:
        """
        Begin full.

        :param rate: per second
        :param burst: how many it holds, 0: one second's worth
        """
        self._rate = rate
        self._burst = burst or rate
        self.level = self._burst
        self._last_ns: int | None = None

    def has(self, now_ns: int) -> bool:
        """Say whether there is one to take."""
        last = now_ns if self._last_ns is None else self._last_ns
        self._last_ns = now_ns
        self.level = min(self._burst, self.level + (now_ns - last) / SECOND * self._rate)
        return self.level >= 1.0

    def take(self, now_ns: int) -> bool:
        """Take one; False when there is none."""
        if not self.has(now_ns):
            return False
        self.level -= 1.0
        return True
