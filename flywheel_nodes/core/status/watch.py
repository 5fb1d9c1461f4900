"""The scrapes of the last seconds, and since when the robot has been in its mode."""

from collections import deque

from flywheel_nodes.core.status.between import Between
from flywheel_nodes.core.status.gather import mode_of
from flywheel_nodes.core.status.scrape import Scrape

SPAN_S = 10.0
MOST = 64


class Watch:
    """Takes one scrape after the other; rates are over SPAN_S, so that they can be read."""

    def __init__(self) -> None:
        """Begin without any."""
        self._scrapes: deque[Scrape] = deque(maxlen=MOST)
        self._mode = ''
        self._since_s = 0.0
        self._began = False

    def take(self, new: Scrape) -> None:
        """Take a scrape; one from an earlier time than the last begins anew."""
        if self._scrapes and new.wall_s < self._scrapes[-1].wall_s:
            self._scrapes.clear()
            self._mode = ''
        self._scrapes.append(new)
        # The oldest that stays is the newest of those that reach back far enough.
        while len(self._scrapes) > 2 and new.wall_s - self._scrapes[1].wall_s >= SPAN_S:
            self._scrapes.popleft()
        mode = mode_of(new)
        if mode != self._mode:
            self._began = bool(self._mode)
            self._mode, self._since_s = mode, new.wall_s

    def seen(self) -> Between:
        """Return the newest scrape and what to compare it with; there must have been one."""
        before = self._scrapes[0] if len(self._scrapes) > 1 else None
        return Between(self._scrapes[-1], before)

    def mode_s(self) -> tuple[float | None, bool]:
        """Return for how long the mode is the same, and whether it may be longer."""
        if not self._mode or len(self._scrapes) < 2:
            return None, False
        return self._scrapes[-1].wall_s - self._since_s, not self._began
