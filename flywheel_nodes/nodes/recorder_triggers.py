"""The rules of a recorder: reads their file, feeds them, tells what fired and what was refused."""

from collections import Counter
from collections.abc import Callable
import time

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.conditions import Conditions
from flywheel_nodes.core.recording.gate import Refusal
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.rules import OnField, Recording
from flywheel_nodes.core.recording.sampling import Sampler
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.triggers import Firing, Triggers
from flywheel_nodes.core.recording.windows import Window
from flywheel_nodes.nodes.channel import Channel
from flywheel_nodes.nodes.recorder_conditions import ConditionWatch
from flywheel_nodes.nodes.shell import Answer, Shell

TELL_EVERY = 60 * SECOND
_STORM = (Refusal.OPEN, Refusal.RATE)


class RecorderTriggers:
    """The rules at work in a node."""

    def __init__(self, shell: Shell, recording: Recording, wants: Callable[[str], bool]) -> None:
        """
        Begin without a window.

        :param wants: tells whether a topic, given by its full name, is recorded
        :raises ConfigError: for a rule on a topic that is not
        """
        self._shell = shell
        config: RecorderConfig = shell.config
        self._conditions = Conditions(recording.rules)
        self._triggers = Triggers(recording.rules, Bounds(
            config.most_open, config.snippets_per_hour, config.snippet_burst))
        self._sampler = Sampler(recording.rules)
        self._watch = ConditionWatch(shell, self._conditions)
        self._told: dict[str, int] = {}
        for rule in recording.rules:
            for counter in ('recorder_triggers_total', 'recorder_snippets_total'):
                shell.metrics.add(counter, 0.0, trigger=rule.name)  # so that the first one shows
            topic = rule.when.topic if isinstance(rule.when, OnField) else ''
            if topic and not wants(topics.absolute(topic, shell.namespace)):
                raise ConfigError(
                    f'snippet_recorder: rule {rule.name}: topic: {topic} is not recorded, so it '
                    'would never fire: change include or exclude')

    @property
    def open(self) -> dict[int, Window]:
        """The open windows by number."""
        return self._triggers.open

    def listener(self, channel: Channel) -> Callable[[Record], None] | None:
        """Return what must hear the messages of a channel, None when no rule looks at it."""
        return self._watch.listener(channel)

    def step(self, now: Now) -> None:
        """Look at fields and at the time; what is met comes back as an event."""
        self._watch.step(now)
        self._shell.emit(*self._sampler.due(now.mono))

    def observe(self, event: Event, mono_ns: int) -> list[Window]:
        """Take an event; return the windows that it opened."""
        self._conditions.rearm(event, mono_ns)
        opened = []
        for firing in self._triggers.observe(event, mono_ns):
            if firing.window is None:
                self._conditions.give_back(firing.cause.rule.name)
                self._refused(firing)
                continue
            self._shell.metrics.add('recorder_triggers_total', trigger=firing.cause.rule.name)
            if firing.opened:
                opened.append(self.open[firing.window])
        return opened

    def expire(self, now_ns: int) -> list[Window]:
        """Return the windows whose end has passed, and forget them."""
        return self._triggers.expire(now_ns)

    def abandon(self, number: int) -> None:
        """Forget a window whose snippet has failed."""
        self._triggers.abandon(number)

    def report(self) -> None:
        """Bring the metrics up to date."""
        refused: Counter[Refusal] = Counter()
        for counts in (self._conditions.refused, self._triggers.refused):
            for (_, refusal), count in counts.items():
                refused[refusal] += count
        for refusal in Refusal:
            self._shell.metrics.cell(
                'recorder_triggers_refused_total', reason=refusal).value = refused[refusal]
        self._shell.metrics.set('recorder_conditions_broken', self._conditions.broken)

    def _refused(self, firing: Firing) -> None:
        """Say that a storm is cut off, once in a while; a person who asked is always told."""
        rule, event, at = firing.cause.rule, firing.cause.event, firing.cause.mono_ns
        asked = event.name is EventName.SNIPPET_REQUESTED
        told = self._told.get(rule.name)
        if not asked and (firing.refused not in _STORM or (
                told is not None and at - told < TELL_EVERY)):
            return
        self._told[rule.name] = at
        self._shell.emit(Event(
            EventName.TRIGGER_REFUSED, f'rule {rule.name} got no snippet: {firing.refused}', at,
            {'rule': rule.name, 'because': str(firing.refused), 'event': event.id}))

    def request(self) -> Answer:
        """Ask for a snippet as a person would."""
        self._shell.emit(Event(
            EventName.SNIPPET_REQUESTED, 'a snippet was asked for', time.monotonic_ns(),
            {'by': 'service', 'reason': '', 'name': ''}))
        return True, 'it is announced on flywheel/events once it is saved'
