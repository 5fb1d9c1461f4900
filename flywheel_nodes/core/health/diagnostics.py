"""The newest level of each component on /diagnostics, bounded in components and in time."""

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.health.labels import tidy
from flywheel_nodes.core.metrics import Labels

MOST = 100
STALE_AFTER = 5 * SECOND  # as for diagnostic_aggregator; they speak once a second (REP 107)
ROOM_AFTER = 30 * SECOND  # longer: names of a flood would come and go, each a new series
FORGET_AFTER = 600 * SECOND
STALE = 3


class Components:
    """What is known of those who tell of themselves; a flood of new names finds no room."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._heard: dict[str, tuple[int, int]] = {}

    def hear(self, name: str, level: int, now: int) -> bool:
        """Take the level of a component; False when there is no room for one more."""
        name = tidy(name)
        if name not in self._heard and not self._make_room(now):
            return False
        self._heard[name] = now, min(max(level, 0), STALE)
        return True

    def _make_room(self, now: int) -> bool:
        if len(self._heard) < MOST:
            return True
        oldest = min(self._heard, key=lambda name: self._heard[name][0])
        if now - self._heard[oldest][0] <= ROOM_AFTER:
            return False
        del self._heard[oldest]
        return True

    def levels(self, now: int) -> dict[Labels, float]:
        """Return the level of each: stale once it is silent, much later not at all."""
        self._heard = {name: (heard, level) for name, (heard, level) in self._heard.items()
                       if now - heard <= FORGET_AFTER}
        return {(name,): float(STALE if now - heard > STALE_AFTER else level)
                for name, (heard, level) in self._heard.items()}
