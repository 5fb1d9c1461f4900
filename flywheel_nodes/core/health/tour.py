"""Which topics of the graph are looked at, and which of them is next."""

from collections.abc import Collection, Iterable, Sequence


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
