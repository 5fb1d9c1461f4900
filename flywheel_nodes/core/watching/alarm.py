"""When a score becomes an alarm, and when it ends."""

from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND

CLEAR_SHARE = 0.8


@dataclass(frozen=True)
class Change:
    """What an alarm did: raised or cleared, and whether that is worth an event."""

    raised: bool
    tell: bool


class Alarm:
    """
    One detector's alarm.

    It is raised at the threshold, and cleared after the score has stayed below 80 % of it for a
    while. Within the cooldown after an event, the same detector raises without a second one.
    """

    def __init__(self) -> None:
        """Begin silent."""
        self.active = False
        self._calm_since = 0
        self._told_ns: int | None = None

    def update(self, score: float, threshold: float, now: int, clear_after: float,
               cooldown: float) -> Change | None:
        """
        Take a score; return what changed.

        :param clear_after: s below the threshold after which the alarm ends
        :param cooldown: s within which no second event is told
        """
        if not score < threshold * CLEAR_SHARE:  # NaN is no reason to be calm
            self._calm_since = now
        if not self.active and not score < threshold:
            self.active = True
            tell = self._told_ns is None or now - self._told_ns >= cooldown * SECOND
            self._told_ns = now if tell else self._told_ns
            return Change(True, tell)
        if self.active and now - self._calm_since >= clear_after * SECOND:
            self.active = False
            return Change(False, True)
        return None
