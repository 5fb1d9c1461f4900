"""When the input of a robot has gone stale, so that it must be told to stop, again and again."""

from flywheel_nodes.core.clock import SECOND

REPEAT_NS = SECOND // 20
NEVER = -(1 << 62)


class SafeStop:
    """
    The freshness of one stream of commands.

    Before the first command there is nothing to stop, and somebody else may be driving.
    """

    def __init__(self, timeout: float) -> None:
        """Begin idle; timeout: input older than this is stale, in s."""
        self._timeout_ns = int(timeout * SECOND)
        self._fresh_ns: int | None = None
        self._sent_ns: int | None = None

    def fresh(self, now_ns: int) -> None:
        """Take note of a command."""
        self._fresh_ns, self._sent_ns = now_ns, None

    def lapse(self) -> None:
        """Have the input be stale now, whatever its age."""
        if self._fresh_ns is not None:
            self._fresh_ns = NEVER

    @property
    def stopping(self) -> bool:
        """Whether the input is stale and the robot was told to stop."""
        return self._sent_ns is not None

    def due(self, now_ns: int) -> bool:
        """Return whether a stop is to be sent now: at once, then every 50 ms."""
        if self._fresh_ns is None or now_ns - self._fresh_ns <= self._timeout_ns:
            return False
        if self._sent_ns is not None and now_ns - self._sent_ns < REPEAT_NS:
            return False
        self._sent_ns = now_ns
        return True
