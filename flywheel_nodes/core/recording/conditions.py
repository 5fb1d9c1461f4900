"""
Conditions on the fields of messages: when one begins to hold, and when it ends.

What is absent or not finite never fires; it neither ends what holds nor lets time pass for what
must hold for a while.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.fields import FieldError, Reader, Value
from flywheel_nodes.core.recording.gate import Gate, Refusal
from flywheel_nodes.core.recording.rules import Mode, OnField, Rule


@dataclass
class Condition:
    """One rule's condition and what is known of it."""

    rule: Rule
    when: OnField
    reader: Reader
    gate: Gate
    due_ns: int = 0
    since_ns: int | None = None
    holds: bool = False
    fired: bool = False
    broken: str = ''

    def observe(self, message: Any, at_ns: int) -> Event | Refusal | None:
        """Look at a message; return what came of it, None for nothing new."""
        if at_ns < self.due_ns or self.broken:
            return None
        self.due_ns = at_ns + self.when.check_ns
        try:
            value = self.reader.read(message, at_ns)
            return self._judge(self.when.check.holds(value), value, at_ns)
        except FieldError as error:
            return self.breaks(str(error), at_ns)

    def breaks(self, because: str, at_ns: int) -> Event:
        """Never look again, and say why."""
        self.broken = because
        return Event(
            EventName.CONDITION_BROKEN,
            f'rule {self.rule.name} cannot fire: {self.when.topic} {self.when.field.text}: '
            f'{because}', at_ns, {**self._names, 'because': because})

    def _judge(self, holds: bool | None, value: Value, at_ns: int) -> Event | Refusal | None:
        if holds is None:
            self.since_ns = None
            return None
        if not holds:
            return self._ends(value, at_ns)
        if self.since_ns is None:
            self.since_ns = at_ns
        if self.holds or at_ns - self.since_ns < self.when.hold_ns:
            return None
        self.holds = True
        refusal = self.gate.ask(at_ns)
        self.fired = refusal is None
        return refusal or self._event(EventName.CONDITION_MET, f'{self.when.check}', value, at_ns)

    def _ends(self, value: Value, at_ns: int) -> Event | None:
        held, fired = self.holds, self.fired
        self.since_ns, self.holds, self.fired = None, False, False
        if held:
            self.gate.ended(at_ns)
        if fired and self.when.mode is Mode.LEVEL:
            return self._event(EventName.CONDITION_ENDED, f'no longer {self.when.check}', value,
                               at_ns)
        return None

    def _event(self, name: EventName, said: str, value: Value, at_ns: int) -> Event:
        text = f'{value:.6g}' if isinstance(value, float) else str(value)
        return Event(name, f'{self.rule.name}: {self.when.topic} {self.when.field.text} = {text}, '
                           f'{said}', at_ns, {**self._names, 'value': text})

    @property
    def _names(self) -> dict[str, str]:
        return {'rule': self.rule.name, 'topic': self.when.topic, 'field': self.when.field.text}


class Conditions:
    """The conditions of all rules, by topic as the rules name it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take those rules that look at fields."""
        self._by_topic: dict[str, list[Condition]] = {}
        self.refused: Counter[tuple[str, Refusal]] = Counter()
        for rule in rules:
            if isinstance(rule.when, OnField):
                self._by_topic.setdefault(rule.when.topic, []).append(
                    Condition(rule, rule.when, Reader(rule.when.field), Gate(rule)))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to listen to."""
        return tuple(self._by_topic)

    @property
    def broken(self) -> int:
        """How many rules can never fire."""
        return sum(bool(one.broken) for many in self._by_topic.values() for one in many)

    def rules(self, topic: str) -> tuple[Rule, ...]:
        """Return the rules that look at a topic."""
        return tuple(one.rule for one in self._by_topic[topic])

    def due_ns(self, topic: str) -> int | None:
        """Return from when on a message is worth decoding, None when no rule looks any more."""
        return min((one.due_ns for one in self._by_topic[topic] if not one.broken), default=None)

    def observe(self, topic: str, message: Any, at_ns: int) -> list[Event]:
        """Take a decoded message of a topic; return the events that came of it."""
        events = []
        for one in self._by_topic[topic]:
            found = one.observe(message, at_ns)
            if isinstance(found, Event):
                events.append(found)
            elif found is not None:
                self.refused[one.rule.name, found] += 1
        return events

    def unusable(self, topic: str, because: str, at_ns: int) -> list[Event]:
        """Take that the messages of a topic cannot be read; return what is to be said of it."""
        return [one.breaks(because, at_ns) for one in self._by_topic[topic] if not one.broken]

    def give_back(self, rule: str) -> None:
        """Take that the last firing of a rule got no snippet."""
        for conditions in self._by_topic.values():
            for one in conditions:
                if one.rule.name == rule:
                    one.gate.give_back()

    def rearm(self, event: Event, at_ns: int) -> None:
        """End the cooldowns that an event of that time ends."""
        for conditions in self._by_topic.values():
            for one in conditions:
                if one.rule.rearm is not None and one.rule.rearm.meets(event):
                    one.gate.rearm(at_ns)
