"""
Who may have a connection at all: bounded, and a stranger never keeps out who comes later.

A connection is a stranger until its hello was accepted. When all places are taken, the stranger
that has been there longest makes way: logging in takes a fraction of a second, waiting in the
door does not pay.
"""

from collections import OrderedDict


class Places:
    """Connections by number, at most so many at a time."""

    def __init__(self, most: int) -> None:
        """Begin empty."""
        self._most = most
        self._strangers: OrderedDict[int, None] = OrderedDict()
        self._guests: set[int] = set()

    def __len__(self) -> int:
        """Return how many places are taken."""
        return len(self._strangers) + len(self._guests)

    @property
    def full(self) -> bool:
        """Whether nobody can come in, because all who are there are known."""
        return len(self._guests) >= self._most

    def arrive(self, number: int) -> int | None:
        """Give a place while not full; return the stranger who has to go for it."""
        gone = self._strangers.popitem(last=False)[0] if len(self) >= self._most else None
        self._strangers[number] = None
        return gone

    def welcome(self, number: int) -> None:
        """Note that a stranger has become known."""
        if number in self._strangers:
            del self._strangers[number]
            self._guests.add(number)

    def leave(self, number: int) -> None:
        """Free a place."""
        self._strangers.pop(number, None)
        self._guests.discard(number)
