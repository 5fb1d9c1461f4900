"""Thins messages, or turns of a loop, out to a rate."""

SLACK, MOST_SLACK_NS = 16, 2_000_000


class Pace:
    """
    Lets at most so many messages a second pass, evenly.

    What comes a little early still passes (by 2 ms, at most 1/16 of the interval), so that a topic
    thinned out to its own rate, or to a whole part of it, loses nothing to jitter.
    """

    __slots__ = ('_due_ns', '_interval_ns', '_slack_ns', 'thinned')

    def __init__(self, most_hz: float, slack_ns: int | None = None) -> None:
        """Begin with the next message; slack_ns: how early one may come, where jitter is known."""
        self._interval_ns = int(1e9 / most_hz)
        self._slack_ns = (min(self._interval_ns // SLACK, MOST_SLACK_NS) if slack_ns is None
                          else slack_ns)
        self._due_ns = 0
        self.thinned = 0

    def lets(self, mono_ns: int) -> bool:
        """Tell whether a message received at a time passes; count it when it does not."""
        if mono_ns < self._due_ns - self._slack_ns:
            self.thinned += 1
            return False
        self._due_ns = self._interval_ns + max(self._due_ns, mono_ns - self._slack_ns)
        return True
