"""
Rules tried on what was recorded: the same code as on the robot, with the bag's clock.

Times are ns since the start of the bag.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.conditions import Conditions
from flywheel_nodes.core.recording.rules import Recording, Rule
from flywheel_nodes.core.recording.sampling import Sampler
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.triggers import Firing, Triggers
from flywheel_nodes.core.recording.windows import Window

# Made by the rules of the robot that recorded; these are to be made anew.
_MADE_BY_RULES = (EventName.CONDITION_MET, EventName.CONDITION_ENDED, EventName.CONDITION_BROKEN,
                  EventName.SAMPLE_DUE)


@dataclass(frozen=True)
class Fired:
    """One firing: snippet is its number, 0 for none; because: why none."""

    at_s: float
    rule: str
    snippet: int
    opened: bool
    because: str
    event: str
    sentence: str


@dataclass(frozen=True)
class Made:
    """One snippet that the rules would have made; s since the start of the bag."""

    snippet: int
    trigger: str
    start_s: float
    end_s: float
    rules: tuple[str, ...]
    priority: int
    cut: bool
    discarded: bool


@dataclass(frozen=True)
class Tally:
    """What became of one rule; note: why it could not fire in this bag."""

    rule: str
    when: str
    fired: int = 0
    opened: int = 0
    extended: int = 0
    refused: int = 0
    reasons: tuple[str, ...] = ()
    note: str = ''


class Trial:
    """Rules at work on one bag."""

    def __init__(self, recording: Recording, bounds: Bounds) -> None:
        """Begin at the start of the bag."""
        self.conditions = Conditions(recording.rules)
        self._rules = recording.rules
        self._triggers = Triggers(recording.rules, bounds)
        self._sampler = Sampler(recording.rules)
        self._notes: dict[str, str] = {}
        self.fired: list[Fired] = []
        self.made: list[Made] = []
        self.at(0)

    def at(self, at_ns: int) -> None:
        """Have time pass; times never decrease."""
        for event in self._sampler.due(at_ns):
            self._observe(event, at_ns)

    def event(self, event: Event, at_ns: int) -> None:
        """Take an event of the bag."""
        if event.name not in _MADE_BY_RULES:
            self._observe(event, at_ns)

    def message(self, topic: str, message: Any, at_ns: int) -> None:
        """Take a decoded message of a topic, by its name in the rules."""
        for event in self.conditions.observe(topic, message, at_ns):
            self._observe(event, at_ns)

    def unusable(self, topic: str, because: str) -> None:
        """Take that a topic is not in the bag or cannot be read."""
        for event in self.conditions.unusable(topic, because, 0):
            self._observe(event, 0)

    def finish(self, at_ns: int) -> tuple[Tally, ...]:
        """End the bag and with it what is open; return what became of each rule."""
        self._expire(at_ns - 1)
        for window in self._triggers.open.values():
            self._close(replace(window, limit_ns=min(window.limit_ns, at_ns)))
        self.made.sort(key=lambda one: one.snippet)
        return tuple(map(self._tally, self._rules))

    def _observe(self, event: Event, at_ns: int) -> None:
        self._expire(at_ns)
        self.conditions.rearm(event, at_ns)
        if event.name is EventName.CONDITION_BROKEN:
            self._notes[event.values['rule']] = event.values['because']
        for firing in self._triggers.observe(event, at_ns):
            if firing.window is None:
                self.conditions.give_back(firing.cause.rule.name)
            self._note(firing)

    def _note(self, firing: Firing) -> None:
        cause = firing.cause
        self.fired.append(Fired(
            cause.mono_ns / SECOND, cause.rule.name, firing.window or 0, firing.opened,
            str(firing.refused or ''), str(cause.event.name), cause.event.sentence))

    def _expire(self, now_ns: int) -> None:
        for window in self._triggers.expire(now_ns):
            self._close(window)

    def _close(self, window: Window) -> None:
        rules = tuple(dict.fromkeys(cause.rule.name for cause in window.causes))
        self.made.append(Made(
            window.number, window.trigger, window.start_ns / SECOND, window.end_ns / SECOND,
            rules, window.priority, window.cut, window.discarded))

    def _tally(self, rule: Rule) -> Tally:
        mine = [one for one in self.fired if one.rule == rule.name]
        reasons = Counter({str(why): count for (name, why), count in (
            self._triggers.refused + self.conditions.refused).items() if name == rule.name})
        opened = sum(one.opened for one in mine)
        fired = sum(bool(one.snippet) for one in mine)
        return Tally(rule.name, str(rule.when), fired, opened, fired - opened,
                     sum(reasons.values()),
                     tuple(f'{why} {count}' for why, count in sorted(reasons.items())),
                     self._notes.get(rule.name, ''))
