"""
What the operator sees, as far as the robot can tell: the age of the newest displayed frame.

The operator's page echoes what it has displayed, and the relay knows when the robot captured it.
So the age holds camera, encoder, network and display, and no two clocks are compared.
"""

from flywheel_nodes.core.clock import MILLISECOND, SECOND

FUTURE_NS = 50 * MILLISECOND


def speed_cap(age: float, full: float, most: float) -> float:
    """
    Return the share of the speed limits that may be used with video of an age.

    :param age: in s; up to `full` all is allowed, then full / age of it, beyond `most` nothing
    """
    if age > most:
        return 0.0
    return full / age if age > full else 1.0


class Displayed:
    """The newest frame that was displayed in one session."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self._seen_ns = 0

    def look(self, seen_ns: int, now: int) -> bool:
        """
        Take an echo; return whether it can be true.

        :param seen_ns: monotonic time of the displayed frame's capture, 0 when nothing is shown
        """
        if seen_ns > now + FUTURE_NS:
            return False
        self._seen_ns = max(self._seen_ns, min(seen_ns, now))
        return True

    def age(self, now: int) -> float | None:
        """Return the age of the newest displayed frame in s, None while there was none."""
        return (now - self._seen_ns) / SECOND if self._seen_ns else None
