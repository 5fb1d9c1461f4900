"""What is missing from a stretch of time: how many messages, of which topic, lost where."""

from collections import Counter, OrderedDict
from collections.abc import Mapping

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.words import Word


class Where(Word):
    """The places where a message can stay behind on its way into a snippet."""

    TRANSPORT = 'transport'
    RING = 'ring'
    WRITER_QUEUE = 'writer_queue'
    ENCODER = 'encoder'
    THROTTLE = 'throttle'
    STATE = 'state'
    TYPE = 'type_change'


class LossLog:
    """Losses by second, so that a flood of them stays small."""

    def __init__(self, keep_ns: int) -> None:
        """Remember losses for at least that long."""
        self._keep = keep_ns // SECOND + 1
        self._seconds: OrderedDict[int, Counter[tuple[Where, int]]] = OrderedDict()

    def note(self, mono_ns: int, where: Where, channel: int, lost: int = 1) -> None:
        """Count messages of a channel lost around a time."""
        second = mono_ns // SECOND
        self._seconds.setdefault(second, Counter())[where, channel] += lost

    def prune(self, now_ns: int) -> None:
        """Forget what is too old to be asked for."""
        oldest = now_ns // SECOND - self._keep
        for second in [s for s in self._seconds if s < oldest]:
            del self._seconds[second]

    def between(self, start_ns: int, end_ns: int) -> Counter[tuple[Where, int]]:
        """Return the losses by place and channel within a stretch, whole seconds at its ends."""
        first, last = start_ns // SECOND, end_ns // SECOND
        total: Counter[tuple[Where, int]] = Counter()
        for second, lost in self._seconds.items():
            if first <= second <= last:
                total.update(lost)
        return total


def by_place(lost: Mapping[tuple[Where, int], int]) -> Counter[str]:
    """Return the sums by place."""
    total: Counter[str] = Counter()
    for (where, _), count in lost.items():
        total[str(where)] += count
    return total


def by_channel(lost: Mapping[tuple[Where, int], int],
               becomes: Mapping[int, int]) -> dict[int, Counter[str]]:
    """
    Return the sums by channel and place.

    :param becomes: channels whose messages are written as those of another one
    """
    total: dict[int, Counter[str]] = {}
    for (where, number), count in lost.items():
        total.setdefault(becomes.get(number, number), Counter())[str(where)] += count
    return total
