"""Reads snippets, and any other rosbag2 bag, back from disk."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.serde import SerdeError
from rosbags.typesys import get_typestore, Stores
from rosbags.typesys.store import Typestore

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import Control
from flywheel_nodes.core.errors import StorageError, WireError
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.recording import tick_table
from flywheel_nodes.core.recording.tick_table import TickTable
from flywheel_nodes.core.ticks import Tick
from flywheel_nodes.effects.recording.bag_errors import one_line, UNREADABLE


@dataclass(frozen=True)
class Message:
    """One message of a bag: full topic name, log time (wall clock, ns), serialized payload."""

    topic: str
    type: str
    log_ns: int
    data: bytes
    _types: Typestore = field(repr=False)

    @property
    def decoded(self) -> Any:
        """The message; raises StorageError when its payload does not fit its type."""
        try:
            return self._types.deserialize_cdr(self.data, self.type)
        except (SerdeError, KeyError) as error:
            raise StorageError(f'{self.topic}: a message at {self.log_ns} does not decode: '
                               f'{error}') from None


class Bag:
    """An open bag."""

    def __init__(self, reader: AnyReader, path: Path) -> None:
        """Read through an open reader."""
        self._reader = reader
        self.path = path

    def counts(self) -> dict[str, int]:
        """Return the number of messages by full topic name."""
        return {name: info.msgcount for name, info in self._reader.topics.items()}

    def types(self) -> dict[str, str]:
        """Return the types by full topic name."""
        return {one.topic: one.msgtype for one in self._reader.connections}

    def messages(self, names: Iterable[str] = ()) -> Iterator[Message]:
        """Yield messages in order of log time; of these topics, or of all."""
        wanted = set(names)
        connections = [c for c in self._reader.connections if not wanted or c.topic in wanted]
        if not connections:
            return
        found = self._reader.messages(connections)
        while True:
            try:
                connection, log_ns, data = next(found)
            except StopIteration:
                return
            except UNREADABLE as error:
                raise StorageError(f'{self.path}: damaged: {one_line(error)}') from None
            yield Message(connection.topic, connection.msgtype, log_ns, bytes(data),
                          self._reader.typestore)


@contextmanager
def open_bag(path: Path) -> Iterator[Bag]:
    """
    Open a bag's folder.

    :raises StorageError: one line, when there is no bag or it cannot be read
    """
    if not path.exists():
        raise StorageError(f'{path}: there is no such bag')
    try:
        reader = AnyReader([path], default_typestore=get_typestore(Stores.ROS2_KILTED))
        reader.open()
    except UNREADABLE as error:
        raise StorageError(f'{path}: not a rosbag2 bag: {one_line(error)}') from None
    try:
        yield Bag(reader, path)
    finally:
        reader.close()


def find(bag: Bag, topic: topics.Topic, namespace: str | None = None) -> str | None:
    """Return the full name of one of our topics in a bag, None where it was not recorded."""
    if namespace is not None:
        full = topics.absolute(topic.name, namespace)
        return full if full in bag.types() else None
    names = sorted((n for n in bag.types() if n.endswith('/' + topic.name)), key=len)
    return names[0] if names else None


def ticks(path: Path, namespace: str | None = None) -> TickTable:
    """
    Rebuild the table of ticks from a snippet alone.

    :param namespace: of the robot; found from the topics' names when not given
    :raises StorageError: when the bag cannot be read or its ticks have different axes
    """
    with open_bag(path) as bag:
        skipped = Counter[str]()
        axes, rows = _ticks(bag, find(bag, topics.TICKS, namespace), skipped)
        control = list(_control(bag, find(bag, topics.CONTROL, namespace), skipped))
        events = list(_events(bag, find(bag, topics.EVENTS, namespace), skipped))
    return tick_table.build(axes, rows, control, events, skipped.total())


def decoded(bag: Bag, name: str | None, skipped: Counter[str]) -> Iterator[tuple[Message, Any]]:
    """Yield the messages of a topic, decoded; those that do not decode are counted."""
    for message in bag.messages([name] if name else ['']):
        try:
            yield message, message.decoded
        except StorageError:
            skipped[message.topic] += 1


def _ticks(bag: Bag, name: str | None,
           skipped: Counter[str]) -> tuple[tuple[str, ...], list[Tick]]:
    axes: tuple[str, ...] = ()
    rows: list[Tick] = []
    for message, table in decoded(bag, name, skipped):
        try:
            named, found = wire.ticks_from_table(table)
        except WireError:
            skipped[message.topic] += 1
            continue
        if rows and named != axes:
            raise StorageError(f'{bag.path}: the axes of its ticks change from {axes} to {named}')
        axes = named
        rows.extend(found)
    return axes, rows


def _control(bag: Bag, name: str | None,
             skipped: Counter[str]) -> Iterator[tuple[int, Control]]:
    for message, array in decoded(bag, name, skipped):
        for status in array.status:
            try:
                yield _stamp(array), wire.control_from_status(status)
            except WireError:
                skipped[message.topic] += 1


def _events(bag: Bag, name: str | None, skipped: Counter[str]) -> Iterator[Event]:
    for message, array in decoded(bag, name, skipped):
        for status in array.status:
            try:
                yield wire.event_from_status(status)
            except WireError:
                skipped[message.topic] += 1


def _stamp(array: Any) -> int:
    stamp = array.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
