"""Bags that are whole: what a player needs of one, and rosbag2 bags behind it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
import struct
from typing import cast, Protocol

from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.rosbag2 import Reader
from rosbags.rosbag2.storage_mcap import McapReader
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Reader
import zstandard

from flywheel_nodes.core.recording.offers import distinct, Offer
from flywheel_nodes.effects.recording.recorded_qos import offers

_ZSTD = b'\x28\xb5\x2f\xfd'  # no CDR payload begins like that


@dataclass(frozen=True)
class Track:
    """
    One topic of a bag.

    offers: what its publishers once offered, type_hash: of the definition; empty: not stored.
    """

    topic: str
    type: str
    offers: tuple[Offer, ...]
    messages: int
    type_hash: str = ''

    @property
    def latched(self) -> bool:
        """Whether its last messages hold until the next ones."""
        return any(offer.latched for offer in self.offers)


Row = tuple[Track, int, bytes]  # log time in ns, CDR payload


class Storage(Protocol):
    """
    One way to read a bag.

    start_ns <= log times < end_ns; torn: what is damaged, '' for nothing.
    """

    tracks: tuple[Track, ...]
    start_ns: int
    end_ns: int
    torn: str

    def read(self, tracks: Collection[Track], start_ns: int, end_ns: int) -> Iterator[Row]:
        """Yield the messages of some tracks with start_ns <= log time < end_ns."""

    def close(self) -> None:
        """Let go of files."""


@dataclass
class Tally:
    """Tracks while they are being counted."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    offers: dict[tuple[str, str], tuple[Offer, ...]] = field(default_factory=dict)
    hashes: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, topic: str, type_: str, offered: Iterable[Offer], messages: int = 0,
            type_hash: str = '') -> None:
        """Count messages of a topic; each type under a topic's name is a track of its own."""
        key = topic, type_
        self.counts[key] += messages
        self.offers[key] = distinct((*self.offers.get(key, ()), *offered))
        self.hashes[key] = type_hash

    def tracks(self) -> tuple[Track, ...]:
        """Return all tracks, in the order of their appearance."""
        return tuple(Track(*key, offered, self.counts[key], self.hashes[key])
                     for key, offered in self.offers.items())


class Rosbag2:
    """A whole rosbag2 bag: MCAP or sqlite3, compressed or not."""

    torn = ''

    def __init__(self, reader: Reader) -> None:
        """Read through an open reader."""
        self._reader = reader
        tally = Tally()
        for one in reader.connections:
            offered = cast(ConnectionExtRosbag2, one.ext).offered_qos_profiles
            tally.add(one.topic, one.msgtype, offers(offered), one.msgcount, one.digest)
        self.tracks = tally.tracks()
        self.start_ns, self.end_ns = reader.start_time, reader.end_time

    def read(self, tracks: Collection[Track], start_ns: int, end_ns: int) -> Iterator[Row]:
        """Yield messages in order of log time."""
        wanted = {(track.topic, track.type): track for track in tracks}
        connections = [c for c in self._reader.connections if (c.topic, c.msgtype) in wanted]
        if not connections:
            return
        for one, log_ns, data in self._reader.messages(connections, start_ns, end_ns):
            yield wanted[one.topic, one.msgtype], log_ns, plain(bytes(data))

    def close(self) -> None:
        """Close the files."""
        self._reader.close()


def check(reader: Reader) -> None:
    """Look for what rosbags does not mind; raises ValueError for other than CDR and cut files."""
    for one in reader.connections:
        encoding = cast(ConnectionExtRosbag2, one.ext).serialization_format
        if encoding != 'cdr':
            raise ValueError(f'{one.topic} is not in CDR but in {encoding!r}')
    for storage in _storages(reader):
        if isinstance(storage, Sqlite3Reader):
            path = Path(str(storage.path))
            if cut_bytes(path):
                raise ValueError(f'{path.name} ends within a page')


def unchunked(reader: Reader) -> bool:
    """Tell whether a file has no chunks; rosbags reads those in order of time or not at all."""
    return any(isinstance(one, McapReader) and not one.chunks and one.metadata.message_count
               for one in _storages(reader))


def _storages(reader: Reader) -> Iterable[object]:
    found: Iterable[object] = getattr(reader.storage, 'storages', [reader.storage])
    return found


def cut_bytes(database: Path) -> int:
    """Return how many bytes at its end are no whole page; sqlite would fill that up with zeros."""
    with database.open('rb') as file:
        head = file.read(18)
    (size,) = struct.unpack('>H', head[16:]) if len(head) == 18 else (0,)
    return database.stat().st_size % (65536 if size == 1 else size or 1)


def plain(data: bytes) -> bytes:
    """Return a payload that may be compressed by itself, as in storage files without metadata."""
    return zstandard.decompress(data) if data[:4] == _ZSTD else data
