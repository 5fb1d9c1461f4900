"""When a count that others make grow has come to rest."""

from dataclasses import dataclass


@dataclass
class Settling:
    """
    Waits until somebody is there and nobody has come or gone for a while.

    quiet_ns: how long nothing may change; most_ns: how long to wait at most, and as long as
    nobody is there at all.
    """

    quiet_ns: int
    most_ns: int
    _began: int | None = None
    _changed: int = 0
    _count: int = 0

    def over(self, count: int, now_ns: int) -> bool:
        """Take the count of a moment; return whether the wait is over."""
        if self._began is None:
            self._began = self._changed = now_ns
        if count != self._count:
            self._count, self._changed = count, now_ns
        if now_ns - self._began >= self.most_ns:
            return True
        return count > 0 and now_ns - self._changed >= self.quiet_ns
