"""
What is left undone when the machine has too much to do, and in which order.

The list is in the order of ORDER: each needs more pressure than the one before it. The arbiter and
the recorder's ingest are not in it; they go on whatever happens.
"""

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.words import Word

MEMORY_S = 1.0
MOST_WEIGHT = 0.1
CALM_NS = 5 * SECOND
CALM_SHARE = 0.5


class Sheddable(Word):
    """What may be left undone, the first to go first."""

    CAMERA_DETECTORS = 'camera_detectors'
    PREVIEWS = 'previews'
    STATISTICAL_DETECTORS = 'statistical_detectors'


# The pressure from which on each is left undone.
ORDER: dict[Sheddable, float] = {
    Sheddable.CAMERA_DETECTORS: 0.15,
    Sheddable.PREVIEWS: 0.25,
    Sheddable.STATISTICAL_DETECTORS: 0.4,
}


class Pressure:
    """
    How late a node's loops begin of late, as a share of their period: 0 in time, 1 a whole one.

    It is the mean over about MEMORY_S, in which one loop counts for MOST_WEIGHT at most: a single
    stall, however long, sheds nothing; a process that hardly runs at all does within ten loops.
    """

    def __init__(self) -> None:
        """Begin in time."""
        self.value = 0.0

    def observe(self, late_ns: int, period_ns: int) -> None:
        """Take how late a loop began."""
        late = min(1.0, max(0.0, late_ns / period_ns))
        weight = min(MOST_WEIGHT, (late_ns + period_ns) / (MEMORY_S * SECOND))
        self.value += (late - self.value) * weight


class Shedding:
    """One kind of work in one process: whether it is left undone now, and how often it was."""

    def __init__(self, what: Sheddable) -> None:
        """Begin by doing it."""
        self.what = what
        self.active = False
        self.count = 0
        self._calm_since: int | None = None

    def update(self, pressure: float, now: int) -> bool:
        """Take the pressure of a loop; return whether that changed anything."""
        before, least = self.active, ORDER[self.what]
        if pressure >= least:
            self.active, self._calm_since = True, None
        elif pressure >= least * CALM_SHARE:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= CALM_NS:
            self.active = False
        return self.active is not before

    def skipped(self) -> bool:
        """Tell whether to leave one piece of work undone now, and count it."""
        self.count += self.active
        return self.active
