"""
The state topics' messages, kept outside the ring.

A snippet starts with the state that held at its first moment, so for each publisher the last
message before the ring's reach is kept and everything since.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from flywheel_nodes.core.recording.ring import cost, Record

MOST_GONE = 5000


class Held(NamedTuple):
    """A message that still holds, and the GID of its publisher."""

    publisher: bytes
    record: Record


@dataclass
class History:
    """What one publisher said, in order, and the memory it takes."""

    records: deque[Record] = field(default_factory=deque)
    bytes: int = 0

    def add(self, record: Record) -> None:
        """Add a message in its place."""
        self.records.append(record)
        self.bytes += cost(record)
        if len(self.records) > 1 and self.records[-2].mono_ns > record.mono_ns:
            self.records = deque(sorted(self.records, key=lambda one: one.mono_ns))

    def drop_first(self) -> int:
        """Let go of the oldest message; return what it took."""
        size = cost(self.records.popleft())
        self.bytes -= size
        return size


class Latched:
    """State by topic and publisher; bounded in time, publishers per topic and memory."""

    def __init__(self, keep_ns: int, keep_bytes: int = 32 * 2**20,
                 publishers: int = 256) -> None:
        """Know the state at any moment of the last keep_ns."""
        self._keep_ns = keep_ns
        self._keep_bytes = keep_bytes
        self._publishers = publishers
        self._histories: dict[tuple[int, bytes], History] = {}
        self._gone: set[tuple[int, bytes]] = set()
        self.bytes = 0
        self.dropped = 0

    @property
    def gone(self) -> Counter[int]:
        """By channel, how many publishers' last message had no room, until they speak again."""
        return Counter(channel for channel, _ in self._gone)

    def observe(self, publisher: bytes, record: Record) -> None:
        """Take a message of a state topic: a new one, or an older one not known as such."""
        key = (record.channel, publisher)
        self._gone.discard(key)
        # The dictionary's order is that of the last message: the first key is the quietest.
        history = self._histories.pop(key, None)
        new = history is None
        self._histories[key] = history = history or History()
        history.add(record)
        self.bytes += cost(record)
        if new:
            self._bound_publishers(record.channel)
        self._bound_bytes()

    def prune(self, now_ns: int) -> None:
        """Let go of messages that were replaced before the ring's reach."""
        horizon = now_ns - self._keep_ns
        for history in self._histories.values():
            while len(history.records) > 1 and history.records[1].mono_ns <= horizon:
                self.bytes -= history.drop_first()

    def as_of(self, mono_ns: int, kept: Iterable[Record] = (), until_ns: int = 0) -> list[Held]:
        """
        Return what held just before a moment, the oldest first.

        :param kept: what is at hand from that moment on
        :param until_ns: up to then, what is not among it left too early and counts as from before
        """
        channels = {channel for channel, _ in self._histories}
        there = {_identity(record) for record in kept if record.channel in channels}
        held = []
        for (_, publisher), history in self._histories.items():
            before = [record for record in history.records if record.mono_ns < mono_ns or (
                record.mono_ns <= until_ns and _identity(record) not in there)]
            if before:
                held.append(Held(publisher, before[-1]))
        return sorted(held, key=lambda one: one.record.mono_ns)

    def _bound_publishers(self, channel: int) -> None:
        keys = [key for key in self._histories if key[0] == channel]
        for key in keys[:-self._publishers]:
            self._forget(key)

    def _bound_bytes(self) -> None:
        # The largest leaves, not the quietest: /tf_static is small and speaks once.
        while self.bytes > self._keep_bytes:
            key, largest = max(self._histories.items(), key=lambda item: item[1].bytes)
            if len(largest.records) > 1:
                self.bytes -= largest.drop_first()
                self.dropped += 1
            else:
                self._forget(key)

    def _forget(self, key: tuple[int, bytes]) -> None:
        history = self._histories.pop(key)
        self.bytes -= history.bytes
        self.dropped += len(history.records)
        if len(self._gone) < MOST_GONE:
            self._gone.add(key)


def _identity(record: Record) -> tuple[int, int, int]:
    return record.channel, record.source_ns, record.sequence
