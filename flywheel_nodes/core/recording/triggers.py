"""From events to snippets: which rules an event sets off, and which windows they open."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.gate import Gate, Refusal
from flywheel_nodes.core.recording.rules import OnEpisode, OnEvent, OnField, Rule
from flywheel_nodes.core.recording.sampling import chosen
from flywheel_nodes.core.recording.storm import Bounds, Budget
from flywheel_nodes.core.recording.windows import Cause, Window, Windows


@dataclass(frozen=True)
class Firing:
    """A rule whose condition was met: the window it joined or opened, or why it has none."""

    cause: Cause
    window: int | None
    opened: bool = False
    refused: Refusal | None = None


class Triggers:
    """The rules at work."""

    def __init__(self, rules: Sequence[Rule], bounds: Bounds) -> None:
        """Begin without a window."""
        self._rules = rules
        self._windows = Windows(Budget(bounds))
        # Conditions on fields pass their own gates before they become events.
        self._gates = {rule.name: Gate(rule) for rule in rules
                       if not isinstance(rule.when, OnField)}
        self.refused: Counter[tuple[str, Refusal]] = Counter()
        self._now_ns = 0

    @property
    def open(self) -> dict[int, Window]:
        """The open windows by number."""
        return self._windows.open

    def observe(self, event: Event, mono_ns: int) -> list[Firing]:
        """Take an event, received at a time; a trigger before the last one counts as with it."""
        at_ns = self._now_ns = max(mono_ns, self._now_ns)
        for rule in self._rules:
            if rule.rearm is not None and rule.rearm.meets(event) and rule.name in self._gates:
                self._gates[rule.name].rearm(mono_ns)
        over = self._windows.over(event)
        fired = [self._fire(Cause(event, at_ns, rule, over)) for rule in self._met(event)]
        self._windows.follow(event, mono_ns, any(one.window is not None for one in fired))
        return fired

    def expire(self, now_ns: int) -> list[Window]:
        """Return the windows whose end has passed, and forget them."""
        return self._windows.expire(now_ns)

    def abandon(self, number: int) -> None:
        """Forget a window whose snippet has failed, so that the next trigger opens another."""
        self._windows.open.pop(number, None)

    def _met(self, event: Event) -> Iterator[Rule]:
        return (rule for rule in self._rules if _meets(rule, event))

    def _fire(self, cause: Cause) -> Firing:
        gate = self._gates.get(cause.rule.name)
        refused = gate.ask(cause.mono_ns) if gate else None
        found = refused or self._windows.trigger(cause)
        if not isinstance(found, Refusal):
            return Firing(cause, *found)
        if gate and not refused:
            gate.give_back()
        self.refused[cause.rule.name, found] += 1
        return Firing(cause, None, refused=found)


def _meets(rule: Rule, event: Event) -> bool:
    when = rule.when
    if isinstance(when, OnEvent):
        return when.meets(event)
    if isinstance(when, OnEpisode):
        return event.name is EventName.EPISODE_STARTED and chosen(
            event.values.get('episode', ''), when.share)
    name = EventName.CONDITION_MET if isinstance(when, OnField) else EventName.SAMPLE_DUE
    return event.name is name and event.values.get('rule') == rule.name
