"""Snippets of what goes well: a share of the episodes, and a regular sample of everything."""

from collections.abc import Iterable
import hashlib

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.rules import OnTime, Rule


def chosen(episode: str, share: float) -> bool:
    """Tell whether an episode is in a share of all: each time and everywhere the same answer."""
    draw = int.from_bytes(hashlib.sha256(episode.encode()).digest()[:8], 'big')
    return draw < share * 2**64


class Sampler:
    """Says when regular samples are due."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take those rules that follow the time."""
        self._rules = [(rule, rule.when) for rule in rules if isinstance(rule.when, OnTime)]
        self._due: dict[str, int] = {}

    def due(self, now_ns: int) -> list[Event]:
        """Return an event for each rule whose time has come; what was slept through is skipped."""
        events = []
        for rule, when in self._rules:
            due = self._due.setdefault(rule.name, now_ns + when.every_ns)
            if now_ns >= due:
                self._due[rule.name] += ((now_ns - due) // when.every_ns + 1) * when.every_ns
                events.append(Event(EventName.SAMPLE_DUE, f'{rule.name}: {when}', now_ns,
                                    {'rule': rule.name}))
        return events
