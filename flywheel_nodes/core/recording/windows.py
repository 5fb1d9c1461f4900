"""
Windows of time: when a snippet starts, what extends it, when it ends.

All times are monotonic. A window opens pre_roll before its trigger. It stays open while what began
with it lasts (an intervention, a condition, an episode) and while it waits for an answer; it ends
post_roll after its last cause did. A trigger that does not fit into an open window, with all of
its own pre-roll and post-roll, gets one of its own.
"""

from collections import deque
from dataclasses import dataclass, replace

from flywheel_nodes.core.control import Mode as Driver
from flywheel_nodes.core.events import Event, EventName, Outcome
from flywheel_nodes.core.recording.gate import Refusal
from flywheel_nodes.core.recording.rules import Mode, OnEpisode, OnField, Rule
from flywheel_nodes.core.recording.storm import Budget

MOST_CAUSES, MOST_OVER = 200, 50
# What has an identity of its own: it never begins again.
_ONCE = ('intervention', 'episode')

_BEGINS = {EventName.INTERVENTION_STARTED: 'intervention', EventName.NATIVE_TAKEOVER: 'native'}
_ENDS = {EventName.INTERVENTION_ENDED: 'intervention', EventName.NATIVE_RELEASED: 'native',
         EventName.CONDITION_ENDED: 'rule', EventName.EPISODE_ENDED: 'episode'}


@dataclass(frozen=True)
class Cause:
    """
    One trigger: the event, when it reached us, and the rule that it set off.

    over: what begins with it has ended already; latched topics bring the past after the present.
    """

    event: Event
    mono_ns: int
    rule: Rule
    over: bool = False

    @property
    def begins(self) -> str:
        """What begins with it and keeps its window open, '' for nothing."""
        if self.over:
            return ''
        when = self.rule.when
        if isinstance(when, OnEpisode):
            return _key('episode', self.event)
        if isinstance(when, OnField):
            return _key('rule', self.event) if when.mode is Mode.LEVEL else ''
        return _begun(self.event)


@dataclass(frozen=True)
class Window:
    """
    The time of one snippet.

    causes: its triggers, the first of which names it; until_ns: end of the last post-roll;
    limit_ns: the latest end; post_ns: the longest post-roll of its rules; waiting_ns: until when
    it may still be answered; lasting: what has begun and not yet ended; forgotten: triggers past
    the bound, counted only; outcome: of the episode that it records.
    """

    number: int
    start_ns: int
    causes: tuple[Cause, ...]
    until_ns: int
    limit_ns: int
    post_ns: int
    waiting_ns: int = 0
    lasting: frozenset[str] = frozenset()
    forgotten: int = 0
    outcome: str = ''

    @property
    def rule(self) -> Rule:
        """The rule of the first cause."""
        return self.causes[0].rule

    @property
    def trigger(self) -> str:
        """The name of that rule."""
        return self.rule.name

    @property
    def priority(self) -> int:
        """The highest priority of its rules."""
        return max(cause.rule.priority for cause in self.causes)

    @property
    def _asked_ns(self) -> int:
        """When what it waits for an answer to happened: the resume before that is none."""
        return max((one.mono_ns for one in self.causes if one.rule.open_ns), default=0)

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

    @property
    def discarded(self) -> bool:
        """Whether it recorded an episode that did not end as its rule asks for."""
        when = self.rule.when
        return isinstance(when, OnEpisode) and self.outcome not in when.outcomes

    def takes(self, cause: Cause) -> bool:
        """Tell whether a trigger fits in, with all of its own pre-roll and post-roll."""
        rule, at = cause.rule, cause.mono_ns
        least = max(rule.post_ns, rule.open_ns)
        if cause.begins:
            # Nobody knows how long it lasts: half of what its own snippet would give it.
            least = max(least, (rule.max_ns - rule.pre_ns) // 2)
        return (not self.rule.alone and not rule.alone and at <= self.end_ns
                and self.start_ns <= at - rule.pre_ns and at + least <= self._limit(rule))

    def _limit(self, rule: Rule) -> int:
        return max(self.limit_ns, self.start_ns + rule.max_ns)

    def joined(self, cause: Cause) -> 'Window':
        """Return the window with one more trigger that it takes."""
        rule, at, begins = cause.rule, cause.mono_ns, cause.begins
        full = len(self.causes) >= MOST_CAUSES
        waits = rule.open_ns and not self.lasting and not begins
        return replace(
            self, causes=self.causes if full else (*self.causes, cause),
            forgotten=self.forgotten + full, until_ns=max(self.until_ns, at + rule.post_ns),
            limit_ns=self._limit(rule), post_ns=max(self.post_ns, rule.post_ns),
            waiting_ns=max(self.waiting_ns, at + rule.open_ns) if waits else self.waiting_ns,
        ).lasts(begins)

    def lasts(self, begins: str) -> 'Window':
        """Return the window that stays open until what begins has ended; '' for nothing."""
        if not begins:
            return self
        return replace(self, lasting=self.lasting | {begins}, waiting_ns=0)

    def heard(self, event: Event, at_ns: int, reached_ns: int) -> 'Window':
        """
        Return the window after an event that ends or answers something.

        :param at_ns: may be before its triggers, for an event that came late
        :param reached_ns: so far the window has been filled; an event that came late ends it there
        """
        until = max(self.until_ns, at_ns + self.post_ns, reached_ns)
        ended = _key(_ENDS[event.name], event) if event.name in _ENDS else ''
        if isinstance(self.rule.when, OnEpisode):
            return self._episode(event, ended, at_ns, until)
        if ended in self.lasting:
            return replace(self, lasting=self.lasting - {ended}, until_ns=until)
        if self.waiting_ns and (_begun(event) or (_resumed(event) and at_ns >= self._asked_ns)):
            return replace(self, waiting_ns=0, until_ns=until)
        return self

    def _episode(self, event: Event, ended: str, at_ns: int, until: int) -> 'Window':
        over = ended in self.lasting
        if not over and not (self.lasting and event.name is EventName.EPISODE_STARTED
                             and _key('episode', event) not in self.lasting):
            return self
        # Another one that begins ends it without a word on how it went.
        outcome = event.values.get('outcome', '') if over else ''
        done = replace(self, lasting=frozenset(), until_ns=until,
                       outcome=outcome or str(Outcome.UNKNOWN))
        return replace(done, limit_ns=at_ns) if done.discarded else done


class Windows:
    """The open windows."""

    def __init__(self, budget: Budget) -> None:
        """Begin without a window."""
        self._budget = budget
        self._number = 0
        self._reached_ns = 0
        self._over: deque[str] = deque(maxlen=MOST_OVER)
        self.open: dict[int, Window] = {}

    def over(self, event: Event) -> bool:
        """Tell whether what begins with an event has ended already."""
        episode = event.name is EventName.EPISODE_STARTED
        return (_key('episode', event) if episode else _begun(event)) in self._over

    def trigger(self, cause: Cause) -> tuple[int, bool] | Refusal:
        """
        Take a trigger; times never decrease.

        :return: the number of its window and whether that is new, or why it has none
        """
        taker = next((window for window in self.open.values() if window.takes(cause)), None)
        if taker is not None:
            self.open[taker.number] = taker.joined(cause)
            return taker.number, False
        refusal = self._budget.ask(cause.mono_ns, cause.rule.priority, len(self.open))
        return refusal or (self._begin(cause), True)

    def _begin(self, cause: Cause) -> int:
        self._number += 1
        start = cause.mono_ns - cause.rule.pre_ns
        self.open[self._number] = Window(
            self._number, start, (), cause.mono_ns + cause.rule.post_ns,
            start + cause.rule.max_ns, cause.rule.post_ns).joined(cause)
        return self._number

    def follow(self, event: Event, at_ns: int, caused: bool) -> None:
        """
        Have an event end or answer what the windows wait for.

        :param at_ns: its own time, also where a trigger that came after it was heard before
        :param caused: it set off a rule; a takeover that did not keeps all of them open
        """
        if _ENDS.get(event.name) in _ONCE:
            self._over.append(_key(_ENDS[event.name], event))
        begins = '' if caused or self.over(event) else _begun(event)
        for number, window in self.open.items():
            if at_ns <= window.end_ns:
                concerned = not window.rule.alone or window.waiting_ns
                self.open[number] = window.heard(event, at_ns, self._reached_ns).lasts(
                    begins if concerned else '')

    def expire(self, now_ns: int) -> list[Window]:
        """
        Return the windows whose end has passed, and forget them.

        :param now_ns: the windows that stay open have been filled up to then
        """
        self._reached_ns = now_ns
        ended = [window for window in self.open.values() if window.end_ns <= now_ns]
        for window in ended:
            del self.open[window.number]
        return ended


def _begun(event: Event) -> str:
    return _key(_BEGINS[event.name], event) if event.name in _BEGINS else ''


def _key(kind: str, event: Event) -> str:
    return f'{kind} {event.values.get(kind, "")}'


def _resumed(event: Event) -> bool:
    return event.name is EventName.CONTROL_CHANGED and event.values.get('to') == Driver.POLICY
