"""Messages out of an MCAP file that was never finished or lost its end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
import struct

from mcap.exceptions import McapError
from mcap.records import Channel, McapRecord, Message, Schema
from mcap.stream_reader import StreamReader
from rosbags.rosbag2 import ReaderError
import zstandard

from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording.recorded_qos import offers_of_text

# What a torn record makes the readers below it raise.
TORN = (McapError, struct.error, ValueError, RuntimeError, zstandard.ZstdError, EOFError,
         KeyError, TypeError, MemoryError, ReaderError)


@dataclass(frozen=True)
class Salvaged:
    """A channel of the file, as snippet_writer.Source asks for it."""

    topic: str
    type: str
    type_hash: str
    offers: tuple[Offer, ...]


@dataclass
class Salvage:
    """What can be read of a file: its channels, and its messages in order."""

    path: Path
    channels: dict[int, Salvaged] = field(default_factory=dict)
    torn: str = ''

    def records(self) -> Iterator[Record]:
        """Yield every message up to the first damage; `torn` then says what it was."""
        with self.path.open('rb') as file:
            try:
                yield from self._messages(StreamReader(file, validate_crcs=True).records)
            except TORN as error:
                self.torn = f'a torn record ({str(error) or type(error).__name__})'

    def _messages(self, records: Iterable[McapRecord]) -> Iterator[Record]:
        schemas: dict[int, str] = {}
        for record in records:
            if isinstance(record, Schema):
                schemas[record.id] = record.name
            elif isinstance(record, Channel):
                self.channels[record.id] = _channel(record, schemas)
            elif isinstance(record, Message):
                if record.channel_id not in self.channels:
                    raise ValueError(f'a message of the unknown channel {record.channel_id}')
                # No monotonic clock survives a crash: the log's own time stands for it.
                yield Record(record.channel_id, record.log_time, record.log_time,
                             record.publish_time, record.sequence, record.data)


def _channel(record: Channel, schemas: dict[int, str]) -> Salvaged:
    if record.message_encoding != 'cdr':
        raise ValueError(f'{record.topic} is not in CDR but in {record.message_encoding!r}')
    return Salvaged(record.topic, schemas.get(record.schema_id, ''),
                    record.metadata.get('topic_type_hash', ''),
                    offers_of_text(record.metadata.get('offered_qos_profiles', '')))
