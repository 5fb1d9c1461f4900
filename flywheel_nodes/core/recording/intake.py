"""What has been received, put into order and into the ring."""

from operator import attrgetter

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.ring import Record, Ring

_MARGIN_NS = 2 * SECOND
_when = attrgetter('mono_ns')


class Intake:
    """
    Orders records by their time of reception.

    Each loop empties one subscription after the other, so that what is taken together is not in
    order. What was received before the last loop, though, has certainly been taken in this one:
    it is released, in order, and the rest waits for the next loop.

    fresh: where subscriptions append; early: what left the ring before its time, last time;
    released_ns: everything up to then has been released.
    """

    def __init__(self, ring: Ring) -> None:
        """Begin with nothing received."""
        self.ring = ring
        self.fresh: list[Record] = []
        self.early: list[Record] = []
        self.watermark_ns = 0
        self.released_ns = 0

    def release(self, now_ns: int, pending_ns: int | None = None) -> list[Record]:
        """
        Put into the ring what is certainly complete, and return it.

        :param now_ns: the time of this loop, after its subscriptions were emptied
        :param pending_ns: when the oldest message was received that is still being worked on
        """
        until_ns = self.watermark_ns
        if pending_ns is not None:
            until_ns = max(self.released_ns, min(until_ns, pending_ns - 1))
        return self._release(now_ns, until_ns)

    def flush(self, now_ns: int) -> list[Record]:
        """Release everything, for the end of the process."""
        return self._release(now_ns, now_ns)

    def _release(self, now_ns: int, until_ns: int) -> list[Record]:
        if self.fresh and not (self.released_ns <= min(map(_when, self.fresh))
                               and max(map(_when, self.fresh)) <= now_ns):
            self.fresh[:] = [self._placed(record, now_ns) for record in self.fresh]
        done = [record for record in self.fresh if record.mono_ns <= until_ns]
        waiting = [record for record in self.fresh if record.mono_ns > until_ns]
        self.fresh[:] = waiting  # in place: the subscriptions append to this very list
        self.released_ns, self.watermark_ns = until_ns, now_ns
        return self._ordered(done, now_ns)

    def _placed(self, record: Record, now_ns: int) -> Record:
        """
        Return a record with a time at which it can have come.

        If it cannot be, the wall clock jumped between reception and now.
        """
        at_ns = record.mono_ns
        if not self.watermark_ns - _MARGIN_NS <= at_ns <= now_ns:
            at_ns = now_ns
        at_ns = max(at_ns, self.released_ns)
        return record if at_ns == record.mono_ns else record._replace(mono_ns=at_ns)

    def _ordered(self, done: list[Record], now_ns: int) -> list[Record]:
        done.sort(key=_when)
        self.early = self.ring.extend(done)
        self.ring.prune(now_ns)
        return done
