"""The last half minute of everything, bounded by time and by memory."""

from collections import deque
from collections.abc import Iterable
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


def cost(record: Record) -> int:
    """Return the memory that a record takes, object overhead included, in bytes."""
    return len(record.data) + OVERHEAD


class Ring:
    """Records in order of arrival; the oldest leave when time or memory run out."""

    def __init__(self, keep_ns: int, keep_bytes: int) -> None:
        """Keep records for at most that time and memory."""
        self._records: deque[Record] = deque()
        self._keep_ns = keep_ns
        self._keep_bytes = keep_bytes
        self.bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        """Return the number of records held."""
        return len(self._records)

    def extend(self, records: Iterable[Record]) -> list[Record]:
        """Add records; return those that left before their time for lack of memory."""
        early = []
        held, bound = self._records, self._keep_bytes
        for record in records:
            held.append(record)
            self.bytes += len(record.data) + OVERHEAD
            while self.bytes > bound:
                early.append(self._evict())
        return early

    def prune(self, now_ns: int) -> None:
        """Let go of what is older than the ring keeps; also called when nothing arrives."""
        horizon = now_ns - self._keep_ns
        while self._records and self._records[0].mono_ns < horizon:
            self._evict()

    def since(self, start_ns: int) -> list[Record]:
        """Return the records received at or after a monotonic time."""
        return [record for record in self._records if record.mono_ns >= start_ns]

    def reach_ns(self, now_ns: int) -> int:
        """Return how far back the ring reaches."""
        return max(0, now_ns - self._records[0].mono_ns) if self._records else 0

    def _evict(self) -> Record:
        record = self._records.popleft()
        self.bytes -= len(record.data) + OVERHEAD
        self.evicted += 1
        return record
