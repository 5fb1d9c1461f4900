"""
The state topics' messages, kept outside the ring.

A snippet starts with the state that held at its first moment, so for each publisher the last
message before the ring's reach is kept and everything since.
"""

from collections import deque
from typing import NamedTuple

from flywheel_nodes.core.recording.ring import cost, Record


class Held(NamedTuple):
    """A message that still holds, and the GID of its publisher."""

    publisher: bytes
    record: Record


class Latched:
    """State by topic and publisher; bounded in time, publishers per topic and memory."""

    def __init__(self, keep_ns: int, keep_bytes: int = 32 * 2**20,
                 publishers: int = 16) -> None:
        """Know the state at any moment of the last keep_ns."""
        self._keep_ns = keep_ns
        self._keep_bytes = keep_bytes
        self._publishers = publishers
        self._histories: dict[tuple[int, bytes], deque[Record]] = {}
        self.bytes = 0
        self.dropped = 0

    def observe(self, publisher: bytes, record: Record) -> None:
        """Take a message of a state topic: a new one, or an older one not known as such."""
        key = (record.channel, publisher)
        # The dictionary's order is that of the last message: the first key is the quietest.
        history = self._histories.pop(key, None) or deque()
        self._histories[key] = history
        history.append(record)
        if len(history) > 1 and history[-2].mono_ns > record.mono_ns:
            self._histories[key] = deque(sorted(history, key=lambda one: one.mono_ns))
        self.bytes += cost(record)
        self._bound_publishers(record.channel)
        self._bound_bytes()

    def prune(self, now_ns: int) -> None:
        """Let go of messages that were replaced before the ring's reach."""
        horizon = now_ns - self._keep_ns
        for history in self._histories.values():
            while len(history) > 1 and history[1].mono_ns <= horizon:
                self._drop_first(history)

    def as_of(self, mono_ns: int) -> list[Held]:
        """Return what held just before a moment, the oldest first."""
        held = []
        for (_, publisher), history in self._histories.items():
            before = [record for record in history if record.mono_ns < mono_ns]
            if before:
                held.append(Held(publisher, before[-1]))
        return sorted(held, key=lambda one: one.record.mono_ns)

    def _bound_publishers(self, channel: int) -> None:
        keys = [key for key in self._histories if key[0] == channel]
        for key in keys[:-self._publishers]:
            self._forget(key)

    def _bound_bytes(self) -> None:
        while self.bytes > self._keep_bytes and self._histories:
            longest = max(self._histories.values(), key=len)
            if len(longest) > 1:
                self._drop_first(longest)
                self.dropped += 1
            else:
                self._forget(next(iter(self._histories)))

    def _forget(self, key: tuple[int, bytes]) -> None:
        history = self._histories.pop(key)
        self.bytes -= sum(cost(record) for record in history)
        self.dropped += len(history)

    def _drop_first(self, history: deque[Record]) -> None:
        self.bytes -= cost(history.popleft())
