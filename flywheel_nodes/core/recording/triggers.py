"""
From events to windows of time: when a snippet starts, what extends it, when it ends.

All times are monotonic. A window opens pre_roll before its trigger. It stays open while an
intervention lasts, and after an alarm for as long as somebody may still answer it; it ends
post_roll after its last cause did. A trigger that no longer fits into an open window gets one of
its own, so that none loses its pre-roll or post-roll.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName

MOST_OPEN = 4
MOST_CAUSES = 200

_BEGINS = {EventName.INTERVENTION_STARTED: 'intervention', EventName.NATIVE_TAKEOVER: 'native'}
_ENDS = {EventName.INTERVENTION_ENDED: 'intervention', EventName.NATIVE_RELEASED: 'native'}
_WAITS = (EventName.POLICY_ALARM,)


@dataclass(frozen=True)
class Rules:
    """Which events start a snippet, and the lengths of its parts in ns."""

    triggers: tuple[EventName, ...]
    pre_ns: int
    post_ns: int
    hold_ns: int
    max_ns: int

    def __post_init__(self) -> None:
        """Refuse lengths that would cut a snippet short."""
        if self.pre_ns + self.post_ns > self.max_ns:
            raise ConfigError('max_duration is shorter than pre_roll + post_roll: raise it')


def named(names: Sequence[str]) -> tuple[EventName, ...]:
    """Return the events that a configuration names; raises ConfigError for an unknown one."""
    known = {str(name) for name in EventName}
    for name in names:
        if name not in known:
            raise ConfigError(f'triggers: unknown event {name!r} (known: '
                              f'{", ".join(sorted(known))})')
    return tuple(EventName(name) for name in names)


@dataclass(frozen=True)
class Cause:
    """One trigger: the event and when it reached us."""

    event: Event
    mono_ns: int


@dataclass(frozen=True)
class Window:
    """
    The time of one snippet.

    causes: its triggers, the first of which names it; until_ns: end of the last post-roll;
    waiting_ns: until when an alarm may still be answered; lasting: interventions not yet ended;
    limit_ns: the latest end; forgotten: triggers past the bound, counted only.
    """

    number: int
    start_ns: int
    causes: tuple[Cause, ...]
    until_ns: int
    limit_ns: int
    waiting_ns: int = 0
    lasting: frozenset[str] = frozenset()
    forgotten: int = 0

    @property
    def trigger(self) -> str:
        """The name of the first cause."""
        return str(self.causes[0].event.name)

    @property
    def end_ns(self) -> int:
        """When the window closes, as far as is known now."""
        if self.lasting:
            return self.limit_ns
        return min(self.limit_ns, max(self.until_ns, self.waiting_ns))

    @property
    def cut(self) -> bool:
        """Whether the limit ends the window before its causes did."""
        return bool(self.lasting) or max(self.until_ns, self.waiting_ns) > self.limit_ns

    def with_cause(self, cause: Cause) -> 'Window':
        """Return the window with one more trigger."""
        if len(self.causes) >= MOST_CAUSES:
            return replace(self, forgotten=self.forgotten + 1)
        return replace(self, causes=(*self.causes, cause))


class Windows:
    """The open windows."""

    def __init__(self, rules: Rules) -> None:
        """Begin without a window."""
        self._rules = rules
        self._number = 0
        self.open: dict[int, Window] = {}
        self.refused = 0

    def observe(self, event: Event, mono_ns: int) -> Window | None:
        """
        Take an event that was received at a time; times never decrease.

        :return: the window that it opened, None if it opened none
        """
        opened = None
        if event.name in self._rules.triggers:
            opened = self._triggered(Cause(event, mono_ns))
        self._follow(event, mono_ns)
        return self.open[opened] if opened is not None else None

    def expire(self, now_ns: int) -> list[Window]:
        """Return the windows whose end has passed, and forget them."""
        ended = [window for window in self.open.values() if window.end_ns <= now_ns]
        for window in ended:
            del self.open[window.number]
        return ended

    def _triggered(self, cause: Cause) -> int | None:
        until = cause.mono_ns + self._rules.post_ns
        taker = next((w for w in self.open.values()
                      if cause.mono_ns <= w.end_ns and until <= w.limit_ns), None)
        if taker is not None:
            self.open[taker.number] = replace(taker.with_cause(cause), until_ns=until)
            return None
        if len(self.open) >= MOST_OPEN:
            self.refused += 1
            return None
        self._number += 1
        start = cause.mono_ns - self._rules.pre_ns
        self.open[self._number] = Window(self._number, start, (cause,), until,
                                         start + self._rules.max_ns)
        return self._number

    def _follow(self, event: Event, mono_ns: int) -> None:
        for number, window in self.open.items():
            if mono_ns <= window.end_ns:
                self.open[number] = self._next(window, event, mono_ns)

    def _next(self, window: Window, event: Event, mono_ns: int) -> Window:
        until = max(window.until_ns, mono_ns + self._rules.post_ns)
        if event.name in _WAITS and event.name in self._rules.triggers and not window.lasting:
            return replace(window, waiting_ns=mono_ns + self._rules.hold_ns)
        if event.name in _BEGINS:
            return replace(window, lasting=window.lasting | {_key(event, _BEGINS)}, waiting_ns=0)
        if event.name in _ENDS and _key(event, _ENDS) in window.lasting:
            return replace(window, lasting=window.lasting - {_key(event, _ENDS)}, until_ns=until)
        if window.waiting_ns and _resumed(event):
            return replace(window, waiting_ns=0, until_ns=until)
        return window


def _key(event: Event, kinds: dict[EventName, str]) -> str:
    kind = kinds[event.name]
    return f'{kind} {event.values.get(kind, "")}'


def _resumed(event: Event) -> bool:
    return event.name is EventName.CONTROL_CHANGED and event.values.get('to') == Mode.POLICY
