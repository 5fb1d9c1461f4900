"""
A flag that a signal handler may set.

threading.Event is none: its lock may be held by the very thread that the signal interrupts, which
then waits for itself for ever.
"""

import time

NOTICED_WITHIN_S = 0.05


class Flag:
    """Set once, never cleared; without a lock."""

    def __init__(self) -> None:
        """Begin unset."""
        self._set = False

    def set(self) -> None:
        """Set it."""
        self._set = True

    def is_set(self) -> bool:
        """Tell whether it was set."""
        return self._set

    def wait(self, seconds: float) -> bool:
        """Sleep for so long, or until shortly after it was set; return whether it was."""
        end = time.monotonic() + seconds
        while not self._set and (left := end - time.monotonic()) > 0.0:
            time.sleep(min(left, NOTICED_WITHIN_S))
        return self._set
