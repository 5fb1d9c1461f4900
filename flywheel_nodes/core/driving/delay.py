"""How late a command is, without comparing the clocks of two machines."""

from collections import deque


class ExcessDelay:
    """
    Delay beyond the fastest delivery of the last while.

    Arrival time minus the client's own time holds the unknown offset of two clocks; its minimum
    over a window is that offset plus the fastest delivery, and what exceeds it is queueing.
    """

    def __init__(self, window_ns: int = 30_000_000_000) -> None:
        """Begin without a measurement."""
        self._window_ns = window_ns
        self._minima: deque[tuple[int, int]] = deque()
        self._client_ns = 0

    def jumped(self, arrival_ns: int, client_ns: int, tolerance_ns: int) -> bool:
        """
        Say whether a command's stamp cannot belong to the clock of those before.

        Either that clock went back, or the command is faster than the fastest by so much that it
        comes from the future, or else all those before were late and nobody knew.
        """
        ahead = bool(self._minima) and arrival_ns - client_ns < self._minima[0][1] - tolerance_ns
        return client_ns < self._client_ns or ahead

    def observe(self, arrival_ns: int, client_ns: int) -> int:
        """Return the excess delay of one command in ns; both clocks in ns, each its own."""
        raw = arrival_ns - client_ns
        self._client_ns = client_ns
        while self._minima and self._minima[-1][1] >= raw:
            self._minima.pop()
        self._minima.append((arrival_ns, raw))
        while self._minima[0][0] < arrival_ns - self._window_ns:
            self._minima.popleft()
        return raw - self._minima[0][1]
