"""One MCAP file as rosbag2 writes it, with what rosbags' writer leaves out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mcap.writer import CompressionType, Writer
import yaml

from flywheel_nodes import __version__
from flywheel_nodes.core.clock import STEP_NS
from flywheel_nodes.core.recording.label import TopicInfo
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.effects.recording.bag_metadata import BagTopic, metadata, qos_text
from flywheel_nodes.effects.recording.durable import HashedFile

COMPRESSION = {'zstd': CompressionType.ZSTD, 'lz4': CompressionType.LZ4,
               'none': CompressionType.NONE}
LABEL_RECORD = 'flywheel.snippet'


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
        self._mcap = Writer(self._file, compression=COMPRESSION[self.compression])  # type: ignore[arg-type]
        self._mcap.start('ros2', f'flywheel {__version__}')
        self._schemas: dict[str, int] = {}

    def log_time(self, record: Record) -> int:
        """Return the wall-clock time at which a record was received."""
        expected = record.mono_ns + self.wall_minus_mono
        jumped = abs(record.received_ns - expected) > STEP_NS
        return max(0, expected if jumped else record.received_ns)

    def write(self, records: Iterable[Record], at_ns: int | None = None) -> None:
        """Append records; at_ns: a log time for all of them instead of their own."""
        for record in records:
            log_ns = self.log_time(record) if at_ns is None else at_ns
            one = self.written.get(record.channel) or self._begin(record.channel)
            one.note(log_ns, len(record.data))
            self._mcap.add_message(one.channel, log_ns, record.data, record.source_ns,
                                   record.sequence & 0xFFFFFFFF)

    def flush(self) -> None:
        """Complete the chunk, so that a crash of this process loses nothing written so far."""
        self._mcap.flush()  # type: ignore[no-untyped-call]

    def finish(self, label: str, custom: Mapping[str, str]) -> tuple[str, int]:
        """
        End the file with the label inside; return its SHA-256 and size once it is on the disk.

        :param label: text of the label, without the hash of this file
        :param custom: custom_data of metadata.yaml
        """
        self.flush()  # so that the metadata comes after all messages
        self._mcap.add_metadata(LABEL_RECORD, {'label': label})
        self._mcap.add_metadata('rosbag2', {'serialized_metadata': yaml.safe_dump(
            self.metadata(custom), sort_keys=False)})
        self._mcap.finish()  # type: ignore[no-untyped-call]
        return self._file.close()

    def abandon(self) -> None:
        """Let go of a file that cannot be finished."""
        self._file.abandon()

    def metadata(self, custom: Mapping[str, str]) -> dict[str, object]:
        """Return the content of metadata.yaml."""
        filled = [one for one in self.written.values() if one.count]
        first = min((one.first_ns for one in filled), default=0)
        last = max((one.last_ns for one in filled), default=0)
        topics = [BagTopic(one.topic.name, one.topic.type, one.topic.type_hash, one.topic.offers,
                           one.count) for one in self.written.values()]
        return metadata(self.path.name, topics, first, last, custom)

    def _begin(self, number: int) -> Written:
        source = self.sources[number]
        known = msgdefs.type_hash(source.type)
        type_hash = source.type_hash or known
        topic = BagTopic(source.topic, source.type, type_hash, source.offers, 0)
        # A definition of another version than the publisher's would decode to nonsense.
        schema = self._schema(source.type, trusted=type_hash == known)
        qos = qos_text(topic.offers)
        channel = self._mcap.register_channel(
            topic.name, 'cdr', schema,
            {'offered_qos_profiles': qos, 'topic_type_hash': type_hash})
        self.written[number] = Written(channel, topic)
        return self.written[number]

    def _schema(self, name: str, trusted: bool) -> int:
        if name not in self._schemas:
            text = msgdefs.definition(name) if trusted else ''
            self._schemas[name] = self._mcap.register_schema(
                name, 'ros2msg' if text else '', text.encode())
        return self._schemas[name]


def topic_infos(written: Mapping[int, Written], lost: Mapping[int, int | None] | None = None,
                latched: Collection[int] = ()) -> dict[str, TopicInfo]:
    """
    Return what a file holds by topic.

    :param lost: messages missing by channel, None where nobody can tell
    :param latched: channels that began with a state from before the snippet
    """
    return {one.topic.name: TopicInfo(
        one.topic.type, one.count, one.size, None if lost is None else lost.get(number, 0),
        one.first_ns, one.last_ns, number in latched) for number, one in written.items()}
