"""Messages that never arrived, told from gaps in each publisher's sequence numbers."""

from collections import OrderedDict


class SequenceGaps:
    """
    The last sequence number of each publisher of one topic.

    DDS reports an overflow of the reader's queue to nobody; the gap is its only trace.
    """

    def __init__(self, most: int = 64) -> None:
        """Remember at most that many publishers, the latest ones."""
        self._last: OrderedDict[bytes, int] = OrderedDict()
        self._most = most

    def observe(self, publisher: bytes, sequence: int) -> int:
        """Return how many messages of this publisher are missing before this one."""
        last = self._last.pop(publisher, sequence - 1)
        self._last[publisher] = max(last, sequence)
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return max(0, sequence - last - 1)
