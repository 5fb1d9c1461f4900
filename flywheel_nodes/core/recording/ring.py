"""
The last half minute of everything, bounded by time and by memory.

Topics of which more or less is to be kept share a lane with bounds of its own; all others share
the usual one. The bound on memory holds for all lanes together as well.
"""

from collections import deque
from collections.abc import Iterable
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

# What a record takes besides its payload: the tuple (104), four integers (128), the header of
# the bytes (33), its slot in the deque (8) and what the allocator rounds up.
OVERHEAD = 320


class Record(NamedTuple):
    """
    One message as it was received, still serialized.

    channel: number of the topic; mono_ns: RMW receive time on the monotonic clock; received_ns,
    source_ns: receive and send time on the wall clock; sequence: the publisher's own number.
    """

    channel: int
    mono_ns: int
    received_ns: int
    source_ns: int
    sequence: int
    data: bytes


_when = attrgetter('mono_ns')


def cost(record: Record) -> int:
    """Return the memory that a record takes, object overhead included, in bytes."""
    return len(record.data) + OVERHEAD


class Lane:
    """Records in order of arrival; the oldest leave when time or memory run out."""

    def __init__(self, keep_ns: int, keep_bytes: int) -> None:
        """Keep records for at most that time and memory."""
        self.records: deque[Record] = deque()
        self.keep_ns = keep_ns
        self.keep_bytes = keep_bytes
        self.bytes = 0

    def since(self, start_ns: int) -> list[Record]:
        """Return the records received at or after a monotonic time."""
        return [record for record in self.records if record.mono_ns >= start_ns]

    def evict(self) -> Record:
        """Let go of the oldest record and return it."""
        record = self.records.popleft()
        self.bytes -= len(record.data) + OVERHEAD
        return record


class Ring:
    """All lanes."""

    def __init__(self, keep_ns: int, keep_bytes: int) -> None:
        """Keep at most that much memory, and that much time on the usual lane."""
        self._keep_bytes = keep_bytes
        self._usual = Lane(keep_ns, keep_bytes)
        self._lanes = [self._usual]
        self._lane_of: dict[int, Lane] = {}
        self.evicted = 0

    def __len__(self) -> int:
        """Return the number of records held."""
        return sum(len(lane.records) for lane in self._lanes)

    @property
    def bytes(self) -> int:
        """The memory held, object overhead included."""
        return sum(lane.bytes for lane in self._lanes)

    def lane(self, keep_ns: int | None, keep_bytes: int | None) -> Lane:
        """Add a lane; None: the time or memory of the usual one."""
        made = Lane(self._usual.keep_ns if keep_ns is None else keep_ns,
                    self._keep_bytes if keep_bytes is None else keep_bytes)
        self._lanes.append(made)
        return made

    def assign(self, channel: int, lane: Lane) -> None:
        """Have the records of a channel kept on a lane."""
        self._lane_of[channel] = lane

    def extend(self, records: Iterable[Record]) -> list[Record]:
        """Add records; return those that left before their time for lack of memory."""
        early = []
        usual, lane_of, room = self._usual, self._lane_of, self._keep_bytes - self.bytes
        for record in records:
            lane, size = lane_of.get(record.channel, usual), len(record.data) + OVERHEAD
            lane.records.append(record)
            lane.bytes += size
            room -= size
            while lane.bytes > lane.keep_bytes or room < 0:
                crowded = lane if lane.bytes > lane.keep_bytes else self._oldest()
                early.append(crowded.evict())
                room += len(early[-1].data) + OVERHEAD
        self.evicted += len(early)
        return early

    def prune(self, now_ns: int) -> None:
        """Let go of what is older than a lane keeps; also called when nothing arrives."""
        for lane in self._lanes:
            horizon = now_ns - lane.keep_ns
            while lane.records and lane.records[0].mono_ns < horizon:
                lane.evict()
                self.evicted += 1

    def since(self, start_ns: int) -> list[Record]:
        """Return the records received at or after a monotonic time, in order."""
        found = [lane.since(start_ns) for lane in self._lanes if lane.records]
        return found[0] if len(found) == 1 else sorted(chain.from_iterable(found), key=_when)

    def reach_ns(self, now_ns: int) -> int:
        """Return how far back the ring reaches."""
        return max((now_ns - lane.records[0].mono_ns for lane in self._lanes if lane.records),
                   default=0)

    def _oldest(self) -> Lane:
        return min((lane for lane in self._lanes if lane.records),
                   key=lambda lane: lane.records[0].mono_ns)
