"""
How late an operator sees the world, and where the time goes.

Clocks of two machines are never subtracted: stamps of the other end are first brought to ours by
the ping with the shortest round trip, and are right to half of that.
"""

from collections import deque
from dataclasses import dataclass

from flywheel_nodes.core.clock import MILLISECOND

PINGS = 16


@dataclass(frozen=True)
class Offset:
    """What turns stamps of the other end into ours, and by how much that may be wrong."""

    ns: int
    error_ns: int


class RemoteClock:
    """The other end's clock as its pongs tell it."""

    def __init__(self) -> None:
        """Begin without a pong."""
        self._trips: deque[tuple[int, int]] = deque(maxlen=PINGS)

    def pong(self, t0: int, t1: int, t2: int, t3: int) -> None:
        """
        Take an answer to a ping.

        :param t0: our clock when we asked, t3: when the answer came
        :param t1: their clock when they were asked, t2: when they answered
        """
        trip = (t3 - t0) - (t2 - t1)
        if trip >= 0:
            self._trips.append((trip, (t0 - t1 + t3 - t2) // 2))

    @property
    def round_trip_ns(self) -> int | None:
        """The shortest of the last round trips, None before the first."""
        return min(self._trips)[0] if self._trips else None

    @property
    def offset(self) -> Offset | None:
        """What to add to their stamps, None before the first pong."""
        if not self._trips:
            return None
        trip, offset = min(self._trips)
        return Offset(offset, trip // 2)


@dataclass(frozen=True)
class Shown:
    """
    One frame on its way from the camera to the operator's eyes.

    captured_ns, sent_ns, encode_ns: of the relay; received_ns, displayed_ns: of the client's
    clock; acked_ns: when the relay heard of it.
    """

    captured_ns: int
    sent_ns: int
    encode_ns: int
    received_ns: int
    displayed_ns: int
    acked_ns: int

    @property
    def display_ns(self) -> int:
        """From its arrival to its display, as the client says, within what is possible."""
        return max(0, min(self.displayed_ns - self.received_ns, self.acked_ns - self.sent_ns))

    @property
    def trip_ns(self) -> int:
        """There and the acknowledgement back, without the display."""
        return self.acked_ns - self.sent_ns - self.display_ns

    @property
    def age_ns(self) -> int:
        """How old it was when the relay heard that it is displayed."""
        return self.acked_ns - self.captured_ns


@dataclass(frozen=True)
class Latency:
    """Where the time went, in ns; error_ns: by which network may be wrong, either way."""

    network_ns: int
    relay_ns: int
    encode_ns: int
    display_ns: int
    error_ns: int

    @property
    def total_ns(self) -> int:
        """From the camera to the eyes."""
        return self.network_ns + self.relay_ns + self.encode_ns + self.display_ns

    def to_ms(self) -> dict[str, float]:
        """Return the parts in ms, for people."""
        parts = {'network': self.network_ns, 'relay': self.relay_ns, 'encode': self.encode_ns,
                 'display': self.display_ns, 'error': self.error_ns}
        return {f'{name}_ms': round(ns / MILLISECOND, 1) for name, ns in parts.items()}


def split(shown: Shown, offset: Offset | None) -> Latency:
    """
    Say where the time went.

    :param offset: of the client's clock; without it half of the frame's own round trip counts
    """
    trip = shown.trip_ns
    network, error = trip // 2, trip // 2
    if offset is not None:
        network = max(0, min(trip, shown.received_ns + offset.ns - shown.sent_ns))
        error = offset.error_ns
    relay = max(0, shown.sent_ns - shown.captured_ns - shown.encode_ns)
    return Latency(network, relay, shown.encode_ns, shown.display_ns, error)
