"""Whether a snippet's file holds what its label and metadata.yaml say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flywheel_nodes.core.clock import STEP_NS
from flywheel_nodes.core.recording.label import Label, TopicInfo
from flywheel_nodes.core.wording import count


@dataclass
class Seen:
    """
    What was found of a topic, message by message.

    steps_back: log times well before one before; missing: sequence numbers not there; None where
    they do not only go up, as with several publishers or none that counts.
    """

    messages: int = 0
    bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    steps_back: int = 0
    missing: int | None = 0
    _newest_ns: int = 0
    _sequence: int = 0

    def note(self, log_ns: int, sequence: int, size: int) -> None:
        """Count one message."""
        if not self.messages:
            self.first_ns = self.last_ns = self._newest_ns = log_ns
        elif self.missing is not None:
            ahead = sequence - self._sequence
            self.missing = self.missing + ahead - 1 if ahead > 0 else None
        self.steps_back += log_ns < self._newest_ns - STEP_NS
        self.messages += 1
        self.bytes += size
        self.first_ns, self.last_ns = min(self.first_ns, log_ns), max(self.last_ns, log_ns)
        self._newest_ns = max(self._newest_ns, log_ns)
        self._sequence = sequence


@dataclass
class Audit:
    """What was found of a whole file; indexed: whether it has its summary."""

    topics: dict[str, Seen] = field(default_factory=dict)
    first_ns: int = 0
    indexed: bool = True
    inner: str = ''

    @property
    def last_ns(self) -> int:
        """The newest log time."""
        return max((one.last_ns for one in self.topics.values()), default=0)

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return sum(one.messages for one in self.topics.values())

    def note(self, topic: str, log_ns: int, sequence: int, size: int) -> None:
        """Count one message."""
        if not self.messages:
            self.first_ns = log_ns
        self.topics.setdefault(topic, Seen()).note(log_ns, sequence, size)


def problems(label: Label, audit: Audit) -> Iterator[str]:
    """Yield what the file holds otherwise than the label says."""
    for name in sorted({*label.topics, *audit.topics}):
        told, seen = label.topics.get(name), audit.topics.get(name, Seen())
        if told is None:
            yield f'{name}: {count(seen.messages, "message")}, not in the label'
        else:
            yield from _topic(label, name, told, seen)
    yield from _latched(label, audit)
    yield from _window(label, audit)
    if not audit.indexed:
        yield 'the file has lost its index: run `flywheel snippets reindex`'
    if audit.inner not in ('', label.id):
        yield f'the label inside the file is that of {audit.inner}'


def _topic(label: Label, name: str, told: TopicInfo, seen: Seen) -> Iterator[str]:
    if seen.messages != told.messages:
        yield f'{name}: {count(seen.messages, "message")}, the label says {told.messages:,}'
    elif seen.bytes != told.bytes:
        yield f'{name}: {count(seen.bytes, "byte")}, the label says {told.bytes:,}'
    elif (seen.first_ns, seen.last_ns) != (told.first_ns, told.last_ns):
        yield f'{name}: its first or last log time is not what the label says'
    if seen.steps_back and not (told.latched or label.recovered or label.clock.steps):
        yield f'{name}: log times go back {count(seen.steps_back, "time")}'
    # What came too late to be told by topic is told for the snippet as a whole.
    owned = max(told.lost or 0, sum(told.missing.values()), sum(label.losses.values()))
    if seen.missing and told.lost is not None and not told.latched and seen.missing > owned:
        yield (f'{name}: {count(seen.missing, "sequence number")} missing, '
               f'the label owns to {owned:,}')


def _latched(label: Label, audit: Audit) -> Iterator[str]:
    for name in sorted({one.topic for one in label.latched}):
        seen = audit.topics.get(name)
        if seen is None or seen.first_ns > audit.first_ns:
            yield f'{name}: its state from before the snippet is not at the first stamp'


def _window(label: Label, audit: Audit) -> Iterator[str]:
    """Compare with the window, whose stamps all are from one setting of the system's clock."""
    window, clock = label.window, label.clock
    if label.recovered or clock.source != 'system' or clock.steps or not audit.messages:
        return
    if audit.first_ns < window.start.wall_ns - STEP_NS:
        yield 'it begins before its window'
    if audit.last_ns > window.end.wall_ns + STEP_NS:
        yield 'it ends after its window'


def of_metadata(content: Any, audit: Audit, files: Iterable[str]) -> Iterator[str]:
    """Yield what metadata.yaml says otherwise than the file; content: as YAML was read."""
    try:
        yield from _metadata(content['rosbag2_bagfile_information'], audit, set(files))
    except (KeyError, TypeError, AttributeError) as error:
        yield f'metadata.yaml is not that of a bag: {type(error).__name__} {error}'


def _metadata(info: Mapping[str, Any], audit: Audit, files: set[str]) -> Iterator[str]:
    if info['message_count'] != audit.messages:
        yield (f'metadata.yaml says {count(info["message_count"], "message")}, '
               f'there are {audit.messages:,}')
    told = {one['topic_metadata']['name']: one['message_count']
            for one in info['topics_with_message_count']}
    for name in sorted({*told, *audit.topics}):
        there = audit.topics[name].messages if name in audit.topics else 0
        if told.get(name, 0) != there:
            yield f'metadata.yaml says {told.get(name, 0)} of {name}, there are {there}'
    if not set(info['relative_file_paths']) <= files:
        yield 'metadata.yaml names files that are not there'
    first = min((one.first_ns for one in audit.topics.values()), default=0)
    if (info['starting_time']['nanoseconds_since_epoch'], info['duration']['nanoseconds']) != (
            first, audit.last_ns - first):
        yield 'metadata.yaml says another start or duration'
