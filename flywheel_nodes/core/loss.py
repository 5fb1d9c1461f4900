"""Messages that never arrived, told from gaps in each publisher's sequence numbers."""

from collections import OrderedDict
from collections.abc import Callable

UNKNOWN = -1


class SequenceGaps:
    """
    The last sequence number of each publisher of one topic.

    DDS reports an overflow of the reader's queue to nobody; the gap is its only trace.
    """

    def __init__(self, most: int = 64) -> None:
        """Remember at most that many publishers, the latest ones."""
        self._last: OrderedDict[bytes, int] = OrderedDict()
        self._most = most
        self._newest = b''
        self._next = 0

    def observe(self, publisher: bytes, sequence: int) -> int:
        """Return how many messages of this publisher are missing before this one."""
        if sequence == self._next and publisher == self._newest:
            self._next += 1  # nearly always: one publisher, and none missing
            return 0
        if self._newest:
            self._last[self._newest] = self._next - 1
        lost = self._look(publisher, sequence)
        self._newest, self._next = publisher, self._last[publisher] + 1
        return lost

    def _look(self, publisher: bytes, sequence: int) -> int:
        last = self._last.pop(publisher, sequence - 1)
        self._last[publisher] = max(last, sequence)
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return max(0, sequence - last - 1)


class SoleGaps:
    """
    The same for messages that do not name their publisher: known as long as there is only one.

    While several are connected their numbers cannot be told apart, and the losses are UNKNOWN. The
    graph is asked only where the numbers do not simply go on: is it still the same publisher?
    """

    def __init__(self, who: Callable[[], bytes]) -> None:
        """
        Begin without a publisher.

        :param who: returns the GID of the only publisher in the graph, b'' if there is not one
        """
        self._who = who
        self._gid = b''
        self._last = 0
        self._alone = True
        self._known = True

    def begin(self, connected: int) -> None:
        """Begin a batch; its messages may come from those connected now or at the last batch."""
        alone = connected <= 1
        self._known = alone and self._alone
        self._alone = alone
        if not self._known:
            self._gid = b''

    def observe(self, sequence: int) -> int:
        """Return how many messages are missing before this one, or UNKNOWN."""
        if not self._known:
            return UNKNOWN
        if self._gid and sequence == self._last + 1:
            self._last = sequence
            return 0
        return self._ask(sequence)

    def _ask(self, sequence: int) -> int:
        gid, before = self._who(), self._gid
        self._gid, self._known = gid, bool(gid)
        if not gid:
            return UNKNOWN
        last = self._last if gid == before else sequence - 1
        self._last = max(last, sequence)
        return max(0, sequence - last - 1)
