"""
MCAP files as the mcap library writes them, byte for byte, at a third of its cost per message.

Messages go into one buffer that is used again for each chunk; every other record is the
library's. The writer shares the interpreter with whoever receives: hashing, compressing and
writing a chunk release it, and what is left per message is short.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
import struct
from typing import Protocol
from zlib import crc32

import lz4.frame  # type: ignore[import-untyped]
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    ChunkIndex,
    DataEnd,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.writer import MCAP0_MAGIC
import zstandard

CHUNK_BYTES = 2**20
COMPRESSION: Mapping[str, Callable[[memoryview], bytes | memoryview]] = {
    'zstd': zstandard.compress, 'lz4': lz4.frame.compress, 'none': lambda data: data}
_MESSAGE = struct.Struct('<BQHIQQ')
_CHUNK = struct.Struct('<BQQQQII')
_LENGTH = struct.Struct('<Q')
_FOOTER = struct.Struct('<BQQQ')


class Output(Protocol):
    """Where the bytes go."""

    def write(self, data: bytes | memoryview) -> int:
        """Append."""

    def tell(self) -> int:
        """Return the size so far."""


class McapFile:
    """
    A file that is being written.

    A chunk ends when it is full and when flush() is called; what was written before is readable
    whatever happens afterwards.
    """

    def __init__(self, out: Output, profile: str, library: str, compression: str) -> None:
        """Write the head; compression is a key of COMPRESSION."""
        self._out = out
        self._compression = '' if compression == 'none' else compression
        self._compress = COMPRESSION[compression]
        self._buffer = memoryview(bytearray(2 * CHUNK_BYTES))
        self._fill = 0
        self._entries: defaultdict[int, list[int]] = defaultdict(list)
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._chunks: list[ChunkIndex] = []
        self._metadata: list[MetadataIndex] = []
        self._counts: defaultdict[int, int] = defaultdict(int)
        out.write(MCAP0_MAGIC)
        out.write(_encoded(Header(profile, library)))

    def add_schema(self, name: str, encoding: str, data: bytes) -> int:
        """Add a definition and return its number; encoding and data are empty if unknown."""
        schema = Schema(id=len(self._schemas) + 1, name=name, encoding=encoding, data=data)
        self._schemas.append(schema)
        self._put(_encoded(schema))
        return schema.id

    def add_channel(self, topic: str, encoding: str, schema: int,
                    metadata: dict[str, str]) -> int:
        """Add a topic and return its number."""
        channel = Channel(id=len(self._channels) + 1, topic=topic, message_encoding=encoding,
                          schema_id=schema, metadata=metadata)
        self._channels.append(channel)
        self._put(_encoded(channel))
        return channel.id

    def add_message(self, channel: int, log_ns: int, publish_ns: int, sequence: int,
                    data: bytes) -> None:
        """Add a message to the chunk."""
        at = self._fill
        body = at + _MESSAGE.size
        end = body + len(data)
        if end > len(self._buffer):
            self._grow(end)
        _MESSAGE.pack_into(self._buffer, at, Opcode.MESSAGE, 22 + len(data), channel, sequence,
                           log_ns, publish_ns)
        self._buffer[body:end] = data
        self._entries[channel] += (log_ns, at)
        self._fill = end
        if end > CHUNK_BYTES:
            self.flush()

    def add_metadata(self, name: str, values: dict[str, str]) -> None:
        """Add key-value pairs, before the messages of a chunk that has not ended."""
        record = _encoded(Metadata(name=name, metadata=values))
        self._metadata.append(MetadataIndex(self._out.tell(), len(record), name))
        self._out.write(record)

    def flush(self) -> None:
        """End the chunk; one without messages goes on."""
        if not self._entries:
            return
        body = self._buffer[:self._fill]
        packed = self._compress(body)
        stamps = [stamp for entries in self._entries.values() for stamp in entries[::2]]
        first, last = min(stamps), max(stamps)
        at = self._out.tell()
        kind = self._compression.encode()
        self._out.write(_CHUNK.pack(
            Opcode.CHUNK, _CHUNK.size - 9 + len(kind) + 8 + len(packed), first, last, len(body),
            crc32(body), len(kind)) + kind + _LENGTH.pack(len(packed)))
        self._out.write(packed)
        length = self._out.tell() - at
        offsets = self._write_index()
        self._chunks.append(ChunkIndex(
            message_start_time=first, message_end_time=last, chunk_start_offset=at,
            chunk_length=length, message_index_offsets=offsets,
            message_index_length=self._out.tell() - at - length, compression=self._compression,
            compressed_size=len(packed), uncompressed_size=len(body)))
        self._fill = 0
        self._entries.clear()

    def _write_index(self) -> dict[int, int]:
        """Write where in the chunk each channel's messages are; return where that is written."""
        offsets, records, at = {}, [], self._out.tell()
        for channel, entries in self._entries.items():
            self._counts[channel] += len(entries) // 2
            offsets[channel] = at
            size = 8 * len(entries)
            records.append(struct.pack(f'<BQHI{len(entries)}Q', Opcode.MESSAGE_INDEX, 6 + size,
                                       channel, size, *entries))
            at += len(records[-1])
        self._out.write(b''.join(records))
        return offsets

    def finish(self) -> None:
        """Write the last chunk and the summary."""
        self.flush()
        self._out.write(_encoded(DataEnd(0)))
        start = self._out.tell()
        groups: Sequence[tuple[Opcode, Sequence[McapRecord]]] = (
            (Opcode.SCHEMA, self._schemas), (Opcode.CHANNEL, self._channels),
            (Opcode.STATISTICS, (self._statistics(),)), (Opcode.CHUNK_INDEX, self._chunks),
            (Opcode.ATTACHMENT_INDEX, ()), (Opcode.METADATA_INDEX, self._metadata))
        texts = [_encoded(*group) for _, group in groups]
        offsets, at = [], start
        for (opcode, _), text in zip(groups, texts, strict=True):
            offsets.append(SummaryOffset(opcode, at, len(text)))
            at += len(text)
        summary = b''.join(texts) + _encoded(*offsets)
        footer = _FOOTER.pack(Opcode.FOOTER, 20, start, at)
        crc = crc32(footer, crc32(summary))
        self._out.write(summary + footer + struct.pack('<I', crc) + MCAP0_MAGIC)

    def _statistics(self) -> Statistics:
        return Statistics(
            message_count=sum(self._counts.values()), schema_count=len(self._schemas),
            channel_count=len(self._channels), attachment_count=0,
            metadata_count=len(self._metadata), chunk_count=len(self._chunks),
            message_start_time=min((one.message_start_time for one in self._chunks), default=0),
            message_end_time=max((one.message_end_time for one in self._chunks), default=0),
            channel_message_counts=self._counts)

    def _put(self, record: bytes) -> None:
        end = self._fill + len(record)
        if end > len(self._buffer):
            self._grow(end)
        self._buffer[self._fill:end] = record
        self._fill = end
        if end > CHUNK_BYTES:
            self.flush()

    def _grow(self, size: int) -> None:
        grown = memoryview(bytearray(size))
        grown[:self._fill] = self._buffer[:self._fill]
        self._buffer = grown


def _encoded(*records: McapRecord) -> bytes:
    builder = RecordBuilder()
    for record in records:
        record.write(builder)
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data
