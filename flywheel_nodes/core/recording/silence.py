"""Topics that ought to speak and do not."""

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND

LEAST_NS = 2 * SECOND
PERIODS = 20


@dataclass(frozen=True)
class Change:
    """A topic fell silent, or speaks again: since when, in ns of the monotonic clock."""

    topic: str
    silent: bool
    since_ns: int


class Silence:
    """
    Watches topics with a nominal rate.

    A topic is silent after PERIODS of its own, but at least LEAST_NS, without a message; one that
    has never been heard is not missed.
    """

    def __init__(self) -> None:
        """Begin without a topic."""
        self._silent: dict[str, int] = {}

    def tick(self, last_ns: Mapping[str, int], rates: Mapping[str, float],
             now_ns: int) -> list[Change]:
        """
        Judge.

        :param last_ns: when each topic was last heard
        :param rates: nominal messages per second; topics without one are not judged
        """
        changes = []
        for topic, last in last_ns.items():
            rate = rates.get(topic)
            if not rate:
                continue
            silent = now_ns - last > max(LEAST_NS, PERIODS * SECOND / rate)
            if silent and topic not in self._silent:
                self._silent[topic] = last
                changes.append(Change(topic, True, last))
            elif not silent and topic in self._silent:
                changes.append(Change(topic, False, self._silent.pop(topic)))
        return changes
