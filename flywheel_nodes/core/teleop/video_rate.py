"""
How large and how often: one viewer's pictures, adapted to the link by its acknowledgements.

What is measured is how long a frame takes beyond the empty link: its own time on the wire and
what waits before it. Two rules follow from it. A frame that takes long is made smaller; and the
next one waits until the link has been free for as long as it was taken, so that commands and
other cameras find room. Nothing here can stop a viewer for good: the smallest step is always
allowed, and each acknowledgement lets the next frame go.
"""

from collections import deque, OrderedDict
from collections.abc import Sequence

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.teleop.video_ladder import Rung

CREDIT = 2
HIGH_NS = 25 * MILLISECOND
LOW_NS = 12 * MILLISECOND
JAM_NS = 200 * MILLISECOND
# Share of the time in which one viewer may have a frame on its way.
DUTY = 0.35
LONGEST_PERIOD_NS = SECOND // 2
WEIGHT = 0.25
# A frame may come this much early and still keep to its rate.
EARLY = 0.15
TRIPS = 64
FIRST_HOLD_NS, LONGEST_HOLD_NS = SECOND, 32 * SECOND
REGRET_NS = 5 * SECOND


class Pace:
    """One viewer's rung, credit and next moment; times are monotonic ns."""

    def __init__(self, rungs: Sequence[Rung], most_rate: float) -> None:
        """
        Begin in the middle of the ladder.

        :param rungs: smallest first
        :param most_rate: frames per second at most
        """
        self._rungs = tuple(rungs)
        self._at = len(rungs) // 2
        self._shortest_ns = SECOND / most_rate
        self._flying: OrderedDict[int, int] = OrderedDict()
        self._trips: deque[int] = deque(maxlen=TRIPS)
        self._excess = 0.0
        self._last_ns: int | None = None
        self._changed_ns: int | None = None
        self._rose_ns: int | None = None
        self._hold_ns = FIRST_HOLD_NS

    @property
    def rung(self) -> Rung:
        """The size and quality for the next frame."""
        return self._rungs[self._at]

    @property
    def excess_ns(self) -> float:
        """How long frames take of late, beyond the empty link."""
        return self._excess

    @property
    def credit(self) -> int:
        """How many frames may be on their way: two only while they do not queue up."""
        return CREDIT if self._excess < LOW_NS else 1

    @property
    def period_ns(self) -> float:
        """The time from one frame to the next."""
        return max(self._shortest_ns, min(self._excess / DUTY, LONGEST_PERIOD_NS))

    @property
    def oldest_ns(self) -> int | None:
        """When the oldest frame that is not acknowledged was sent."""
        return next(iter(self._flying.values()), None)

    def allow(self, rungs: Sequence[Rung], most_rate: float) -> None:
        """Take other bounds: the camera's pictures have another size, or the viewer wants so."""
        width = self.rung.width
        self._shortest_ns = SECOND / most_rate
        self._rungs = tuple(rungs)
        self._at = max((n for n, rung in enumerate(rungs) if rung.width <= width), default=0)

    def wait(self, now: int) -> int | None:
        """Return how long the next frame has to wait, 0 if it may go; None for an ack."""
        if len(self._flying) >= self.credit:
            return None
        if self._last_ns is None:
            return 0
        early = EARLY * self._shortest_ns
        return max(0, int(self._last_ns + self.period_ns - early) - now)

    def sent(self, frame: int, now: int) -> None:
        """Note that a frame was sent."""
        self._flying[frame] = self._last_ns = now

    def acked(self, frame: int, held_ns: int, base_ns: int | None, now: int) -> int | None:
        """
        Take an acknowledgement; frames before it count as passed over.

        :param held_ns: how long the client had it before it was displayed
        :param base_ns: round trip of the empty link, None if nobody knows
        :return: how long it was on its way, there and back; None for one not waited for
        """
        sent = self._flying.get(frame)
        if sent is None:
            return None
        while self._flying.popitem(last=False)[0] != frame:
            pass
        trip = max(0, now - sent - held_ns)
        self._trips.append(trip)
        shortest = min(self._trips)
        excess = trip - (shortest if base_ns is None else min(base_ns, shortest))
        if self._changed_ns is None or sent >= self._changed_ns:
            self._excess += (excess - self._excess) * WEIGHT
            self._adapt(excess, now)
        return trip

    def _adapt(self, excess: int, now: int) -> None:
        if excess > JAM_NS:
            self._step(-2, now)
        elif self._excess > HIGH_NS:
            self._step(-1, now)
        elif self._may_rise(now):
            self._step(1, now)

    def _may_rise(self, now: int) -> bool:
        if self._changed_ns is None:
            self._changed_ns = now
        if self._at + 1 == len(self._rungs) or now - self._changed_ns < self._hold_ns:
            return False
        return self._excess * self._rungs[self._at + 1].cost / self.rung.cost < LOW_NS

    def _step(self, by: int, now: int) -> None:
        after = max(0, min(self._at + by, len(self._rungs) - 1))
        if after == self._at:
            return
        self._hold(by, now)
        before, self._at = self.rung, after
        self._excess *= self.rung.cost / before.cost
        self._changed_ns = now
        if by > 0:
            self._rose_ns = now

    def _hold(self, by: int, now: int) -> None:
        """Wait longer for the next rise when the last one is regretted soon, else less."""
        soon = self._rose_ns is not None and now - self._rose_ns < REGRET_NS + self._hold_ns
        if by < 0 and soon:
            self._hold_ns = min(2 * self._hold_ns, LONGEST_HOLD_NS)
        elif by > 0 and not soon:
            self._hold_ns = max(self._hold_ns // 2, FIRST_HOLD_NS)
