"""Decodes what rules on fields look at: only their topics, only as often as they ask for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import ConfigError, WireError
from flywheel_nodes.core.recording.conditions import Conditions
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.rules import OnField
from flywheel_nodes.nodes.channel import Channel
from flywheel_nodes.nodes.messages import from_cdr, message_class
from flywheel_nodes.nodes.shell import Shell

LOOK_EVERY = 5 * SECOND
MOST_WAITING = 100
NEVER = 2**63


@dataclass
class Ear:
    """One topic that rules look at, by its name in them; type: None until it is heard."""

    topic: str
    every_ns: int
    type: Any = None
    due_ns: int = 0
    waiting: list[Record] = field(default_factory=list)

    def hear(self, record: Record) -> None:
        """Take a message if it is worth decoding; part of the hot path."""
        if record.mono_ns >= self.due_ns and len(self.waiting) < MOST_WAITING:
            self.due_ns = record.mono_ns + self.every_ns
            self.waiting.append(record)


class ConditionWatch:
    """The conditions of a recorder; what comes to hold is published as an event."""

    def __init__(self, shell: Shell, conditions: Conditions) -> None:
        """Listen to nothing yet."""
        self._shell = shell
        self._conditions = conditions
        self._look_ns = 0
        self._ears = {
            topics.relative(topic, shell.namespace): Ear(topic, min(
                rule.when.check_ns for rule in conditions.rules(topic)
                if isinstance(rule.when, OnField)))
            for topic in conditions.topics}

    def listener(self, channel: Channel) -> Callable[[Record], None] | None:
        """Return what takes the messages of a channel, None when no rule looks at it."""
        ear = self._ears.get(channel.name)
        if ear is None:
            return None
        ear.type = message_class(channel.type)
        return ear.hear

    def step(self, now: Now) -> None:
        """Decode what was heard and say what came to hold."""
        for ear in self._ears.values():
            if ear.waiting:
                self._check(ear)
        if now.mono - self._look_ns >= LOOK_EVERY:
            self._look_ns = now.mono
            self._look(now)

    def _check(self, ear: Ear) -> None:
        waiting, ear.waiting = ear.waiting, []
        for record in waiting:
            try:
                message = from_cdr(record.data, ear.type)
            except WireError:
                self._shell.metrics.add('topic_messages_rejected_total', topic=ear.topic,
                                        node=self._shell.name)
                continue
            self._shell.emit(*self._conditions.observe(ear.topic, message, record.mono_ns))
        if self._conditions.due_ns(ear.topic) is None:
            ear.due_ns = NEVER

    def _look(self, now: Now) -> None:
        """Notice topics that nobody can record, because their type is not installed."""
        for name, ear in self._ears.items():
            if ear.type is not None or ear.due_ns == NEVER:
                continue
            full = topics.absolute(name, self._shell.namespace)
            for info in self._shell.node.get_publishers_info_by_topic(full):
                try:
                    message_class(info.topic_type)
                except ConfigError as error:
                    ear.due_ns = NEVER
                    self._shell.emit(*self._conditions.unusable(ear.topic, str(error), now.mono))
