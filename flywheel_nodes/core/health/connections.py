"""Which publishers and subscriptions of a topic can never connect, and which topic to look at."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

MOST_KINDS = 64
E = TypeVar('E', bound=Hashable)


def mismatches(publishers: Iterable[E], subscriptions: Iterable[E],
               connect: Callable[[E, E], bool]) -> int:
    """
    Return the number of pairs that do not connect.

    :param connect: asked once for each pair of kinds, because many endpoints are alike
    """
    offered, asked = Counter(publishers), Counter(subscriptions)
    return sum(many * times
               for offer, many in islice(offered.items(), MOST_KINDS)
               for ask, times in islice(asked.items(), MOST_KINDS) if not connect(offer, ask))


class Tour:
    """Whose turn it is to be looked at closely: what changed, else one after the other."""

    def __init__(self) -> None:
        """Begin without anything."""
        self._counts: dict[str, tuple[int, int]] = {}
        self._changed: dict[str, None] = {}
        self._round: list[str] = []

    def count(self, counts: dict[str, tuple[int, int]]) -> None:
        """Take the number of publishers and subscriptions of all topics there are."""
        for name in counts:
            if self._counts.get(name) != counts[name]:
                self._changed[name] = None
        self._changed = {name: None for name in self._changed if name in counts}
        self._counts = counts

    def next(self) -> str | None:
        """Return a topic, None when there is none."""
        if self._changed:
            name = next(iter(self._changed))
            del self._changed[name]
            return name
        while self._round and self._round[-1] not in self._counts:
            self._round.pop()
        self._round = self._round or list(self._counts)
        return self._round.pop() if self._round else None


def chosen(names: Iterable[str], expected: Sequence[str], first: Collection[str],
           most: int) -> tuple[list[str], int]:
    """
    Return the topics to look at and how many had no room.

    :param names: of the topics that are there
    :param expected: looked at even when they are not
    :param first: which of those that are there have room before all others
    """
    there = sorted(names, key=lambda name: (name not in first, name))
    wanted = list(dict.fromkeys([*expected, *there]))
    return wanted[:most], max(0, len(wanted) - most)
