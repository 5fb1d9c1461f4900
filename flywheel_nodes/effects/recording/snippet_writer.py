"""One MCAP file as rosbag2 writes it, with what rosbags' writer leaves out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flywheel_nodes import __version__
from flywheel_nodes.core.clock import STEP_NS
from flywheel_nodes.core.recording.label import TopicInfo
from flywheel_nodes.core.recording.losses import Where
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.effects.recording.bag_metadata import (
    BagTopic,
    inner_yaml,
    metadata,
    qos_text,
)
from flywheel_nodes.effects.recording.durable import HashedFile
from flywheel_nodes.effects.recording.mcap_file import McapFile

BAG_RECORD = 'rosbag2'


class Source(Protocol):
    """What the writer must know of a record's channel: a topic as it is being received."""

    @property
    def topic(self) -> str:
        """The full name."""

    @property
    def type(self) -> str:
        """The type as package/msg/Type."""

    @property
    def type_hash(self) -> str:
        """The publishers' hash of the type, '' where the distribution does not tell."""

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What the publishers offer."""


@dataclass
class Written:
    """What went into the file of one channel."""

    channel: int
    topic: BagTopic
    count: int = 0
    size: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def note(self, log_ns: int, size: int) -> None:
        """Count a message."""
        if not self.count:
            self.first_ns = self.last_ns = log_ns
        self.count += 1
        self.size += size
        self.first_ns = min(self.first_ns, log_ns)
        self.last_ns = max(self.last_ns, log_ns)


@dataclass
class SnippetWriter:
    """
    Writes records to an MCAP file.

    wall_minus_mono: the clock at the trigger; should the wall clock jump meanwhile, later stamps
    are given on this one, so that the order and length of the snippet stay true.
    """

    path: Path
    sources: Mapping[int, Source]
    compression: str
    wall_minus_mono: int
    written: dict[int, Written] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Create the file."""
        self._file = HashedFile(self.path)
        self._mcap = McapFile(self._file, 'ros2', f'flywheel {__version__}', self.compression)
        self._schemas: dict[tuple[str, bool], int] = {}
        self._offset, self._stepped = self.wall_minus_mono, 0

    def log_time(self, record: Record) -> int:
        """Return the wall-clock time at which a record was received; ask in order."""
        offset = record.received_ns - record.mono_ns
        # A clock that is slewed is followed, however far it drifts from where it began.
        if abs(offset - self._offset) > STEP_NS:
            self._stepped += offset - self._offset
        self._offset = offset
        return max(0, record.received_ns - self._stepped)

    def write(self, records: Iterable[Record], at_ns: int | None = None) -> None:
        """Append records; at_ns: a log time for all of them instead of their own."""
        for record in records:
            log_ns = self.log_time(record) if at_ns is None else at_ns
            one = self.written.get(record.channel) or self._begin(record.channel)
            one.note(log_ns, len(record.data))
            self._mcap.add_message(one.channel, log_ns, max(0, record.source_ns),
                                   record.sequence & 0xFFFFFFFF, record.data)

    def flush(self) -> None:
        """Complete the chunk: neither a crash nor a power cut takes what was written so far."""
        self._mcap.flush()
        self._file.sync()

    def finish(self, notes: Mapping[str, Mapping[str, str]],
               custom: Mapping[str, str]) -> tuple[str, int]:
        """
        End the file with its explanation inside; return SHA-256 and size once it is on the disk.

        :param notes: metadata records by name
        :param custom: custom_data of metadata.yaml
        """
        self._mcap.flush()  # so that the metadata comes after all messages
        bag = {'serialized_metadata': inner_yaml(self.metadata(custom))}
        for name, values in {**notes, BAG_RECORD: bag}.items():
            self._mcap.add_metadata(name, dict(values))
        self._mcap.finish()
        return self._file.close()

    def abandon(self) -> None:
        """Let go of a file that cannot be finished."""
        self._file.abandon()

    def metadata(self, custom: Mapping[str, str], file: str = '') -> dict[str, object]:
        """Return the content of metadata.yaml; file: where the messages end up, if not here."""
        filled = [one for one in self.written.values() if one.count]
        first = min((one.first_ns for one in filled), default=0)
        last = max((one.last_ns for one in filled), default=0)
        topics = [BagTopic(one.topic.name, one.topic.type, one.topic.type_hash, one.topic.offers,
                           one.count) for one in self.written.values()]
        return metadata(file or self.path.name, topics, first, last, custom)

    def _begin(self, number: int) -> Written:
        source = self.sources[number]
        known = msgdefs.type_hash(source.type)
        type_hash = source.type_hash or known
        topic = BagTopic(source.topic, source.type, type_hash, source.offers, 0)
        # A definition of another version than the publisher's would decode to nonsense.
        schema = self._schema(source.type, trusted=type_hash == known)
        qos = qos_text(topic.offers)
        channel = self._mcap.add_channel(
            topic.name, 'cdr', schema,
            {'offered_qos_profiles': qos, 'topic_type_hash': type_hash})
        self.written[number] = Written(channel, topic)
        return self.written[number]

    def _schema(self, name: str, trusted: bool) -> int:
        if (name, trusted) not in self._schemas:
            text = msgdefs.definition(name) if trusted else ''
            self._schemas[name, trusted] = self._mcap.add_schema(
                name, 'ros2msg' if text else '', text.encode())
        return self._schemas[name, trusted]


def topic_infos(written: Mapping[int, Written],
                missing: Mapping[int, Mapping[str, int]] | None = None,
                unsure: Collection[int] = (),
                latched: Collection[int] = ()) -> dict[str, TopicInfo]:
    """
    Return what a file holds by topic.

    :param missing: messages left behind by channel and place, None where nobody knows of any
    :param unsure: channels of which nobody can tell
    :param latched: channels that began with a state from before the snippet
    """
    found = {}
    for number, one in written.items():
        behind = {} if missing is None else dict(missing.get(number, {}))
        lost = None if missing is None or number in unsure else _lost(behind)
        found[one.topic.name] = TopicInfo(one.topic.type, one.count, one.size, lost, one.first_ns,
                                          one.last_ns, number in latched, behind)
    return found


def unheard(sources: Mapping[int, Source], missing: Mapping[int, Mapping[str, int]],
            unsure: Collection[int] = ()) -> dict[str, TopicInfo]:
    """Return, by topic, what to say of channels of which a file may hold no message at all."""
    return {sources[number].topic: TopicInfo(
                sources[number].type, 0, 0, None if number in unsure else _lost(behind), 0, 0,
                missing=dict(behind))
            for number, behind in missing.items() if behind and number in sources}


def _lost(behind: Mapping[str, int]) -> int:
    """Return what is missing and should be there: not what a rate left out on purpose."""
    return sum(n for where, n in behind.items() if where != Where.THROTTLE)
