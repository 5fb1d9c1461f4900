"""Asks the recorder of a running robot for a snippet, and waits for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
import os
from pathlib import Path
import time
from typing import Any

from rclpy.duration import Duration
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.errors import ConfigError, StorageError, WireError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.ids import uuid7
from flywheel_nodes.effects.recording.snippet_folder import read_label
from flywheel_nodes.nodes.messages import message_class, to_array, to_qos

RECORDER = 'snippet_recorder'
PATIENCE_S = 5.0
_STEP_S = 0.05


@dataclass(frozen=True)
class Wish:
    """Who asks for a snippet, why, and what it is about."""

    by: str
    reason: str = ''
    name: str = ''

    def event(self, source: str) -> Event:
        """Return the event that tells the recorder."""
        wall_ns = time.time_ns()
        about = ', '.join(filter(None, (self.name, self.reason)))
        return Event(
            EventName.SNIPPET_REQUESTED,
            f'{self.by} asks for a snippet' + (f': {about}' if about else ''),
            time.monotonic_ns(), {'by': self.by, 'reason': self.reason, 'name': self.name},
        ).stamped(uuid7(wall_ns, os.urandom(10)), source, wall_ns)


@dataclass
class Answer:
    """What became of it: the folder of the snippet, or why there is none."""

    request: str
    snippet: str = ''
    path: Path | None = None
    because: str = ''
    _seen: set[str] = field(default_factory=set)

    @property
    def done(self) -> bool:
        """Whether no more is to be expected."""
        return bool(self.path or self.because)

    def hear(self, event: Event) -> None:
        """Take an event of the robot."""
        if event.id in self._seen or self.done:
            return
        self._seen.add(event.id)
        values = event.values
        if event.name is EventName.TRIGGER_REFUSED and values.get('event') == self.request:
            self.because = f'refused: {values.get("because")}'
        elif event.name is EventName.SNIPPET_STARTED and values.get('event') == self.request:
            self.snippet = values.get('snippet', '')
        elif event.name is EventName.SNIPPET_FAILED and self.snippet == values.get('snippet', '-'):
            self.because = f'it could not be written: {values.get("because")}'
        elif event.name is EventName.SNIPPET_SAVED:
            self._saved(Path(values.get('path', '')))

    def _saved(self, path: Path) -> None:
        """Look into the label: the wish may have extended the snippet of another trigger."""
        try:
            label = read_label(path)
        except StorageError:
            return
        if any(trigger.event == self.request for trigger in label.triggers):
            self.path = path


def ask(node: Node, wish: Wish, wait_s: float = 0.0) -> Answer:
    """
    Publish a wish and see what becomes of it.

    :param node: in the robot's namespace
    :param wait_s: how long to wait for the snippet; 0: only until the recorder has the wish
    :raises ConfigError: when no recorder runs there, or it does not take the wish
    """
    event = wish.event(node.get_name())
    answer = Answer(event.id)
    kind, qos = message_class(topics.EVENTS.type), to_qos(topics.EVENTS.qos)
    node.create_subscription(kind, topics.EVENTS.name, lambda m: _hear(answer, m), qos)
    publisher = node.create_publisher(kind, topics.EVENTS.name, qos)
    full = topics.absolute(topics.EVENTS.name, node.get_namespace())
    _until(node, lambda: _recorder_listens(node, full), PATIENCE_S,
           f'no {RECORDER} listens to {full} in this domain')
    publisher.publish(to_array([wire.event_to_status(event)], event.wall_ns))
    if not publisher.wait_for_all_acked(Duration(seconds=PATIENCE_S)):
        raise ConfigError(f'{full}: not everybody has taken the event within {PATIENCE_S:g} s')
    if wait_s:
        _until(node, lambda: answer.done, wait_s,
               f'no snippet within {wait_s:g} s: has its rule file a rule for snippet_requested?')
    return answer


def _hear(answer: Answer, message: Any) -> None:
    for status in message.status:
        try:
            answer.hear(wire.event_from_status(status))
        except WireError:
            continue


def _recorder_listens(node: Node, topic: str) -> bool:
    return any(info.node_name == RECORDER and info.node_namespace == node.get_namespace()
               for info in node.get_subscriptions_info_by_topic(topic))


def _until(node: Node, condition: Callable[[], bool], patience_s: float, otherwise: str) -> None:
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    end = time.monotonic() + patience_s
    try:
        while not condition():
            if time.monotonic() > end:
                raise ConfigError(otherwise)
            executor.spin_once(_STEP_S)
    finally:
        executor.remove_node(node)
        executor.shutdown()
