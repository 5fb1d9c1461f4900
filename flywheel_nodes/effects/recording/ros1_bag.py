"""ROS 1 bags, each message converted to the ROS 2 type of the same name as it is read."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
import struct
from typing import BinaryIO, cast, NamedTuple

from rosbags.convert.converter import (
    is_same_wireformat,
    migrate_bytes,
    STATIC_MSGTYPE_RENAMES,
)
from rosbags.interfaces import Connection, ConnectionExtRosbag1
from rosbags.rosbag1 import Reader, ReaderError
from rosbags.rosbag1.reader import (
    decompressors,
    Header,
    normalize,
    read_bytes,
    read_uint32,
    RecordType,
)
from rosbags.serde import SerdeError
from rosbags.typesys import get_types_from_msg, get_typestore, Stores, TypesysError
from rosbags.typesys.msg import normalize_msgtype
from rosbags.typesys.store import Typestore

from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.effects.recording.bag_storage import Row, Tally, Track

_MAGIC = b'#ROSBAG V2.0\n'
_LATCHED = (Offer(durability='transient_local', history='keep_last', depth=1),)
_DAMAGED = (ReaderError, struct.error, ValueError, RuntimeError, OSError, EOFError, KeyError,
            AssertionError, IndexError)
Convert = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Link:
    """One publisher's connection in a ROS 1 bag."""

    topic: str
    type: str
    definition: str
    latched: bool

    @property
    def key(self) -> tuple[str, str]:
        """The track it belongs to."""
        return self.topic, STATIC_MSGTYPE_RENAMES.get(self.type, self.type)


class Raw(NamedTuple):
    """One message as ROS 1 serialized it."""

    link: Link
    log_ns: int
    data: bytes


class Ros1Bag:
    """A ROS 1 bag; one without its index is read up to its first damage."""

    def __init__(self, path: Path) -> None:
        """
        Open a bag.

        :raises ReaderError: for what is no bag, or one of which nothing can be read
        """
        self._path = path
        self._reader: Reader | None = Reader(path)
        self._converters: dict[Link, Convert | None] = {}
        self.torn = ''
        try:
            self._reader.open()
            self._measure(self._reader)
        except _DAMAGED as error:
            self._reader = None
            self._scan(error)

    def read(self, tracks: Collection[Track], start_ns: int, end_ns: int) -> Iterator[Row]:
        """
        Yield messages as CDR; those of types nobody here knows are left out.

        :raises ValueError: for a payload that does not follow its definition
        """
        wanted = {(track.topic, track.type): track for track in tracks}
        for link, log_ns, data in self._raw(wanted):
            if start_ns <= log_ns < end_ns and link.key in wanted:
                convert = self._converter(link)
                if convert:
                    yield wanted[link.key], log_ns, convert(data)

    def close(self) -> None:
        """Close the file."""
        if self._reader:
            self._reader.close()

    def _measure(self, reader: Reader) -> None:
        tally = Tally()
        for one in reader.connections:
            link = _link(one)
            tally.add(*link.key, _LATCHED if link.latched else (), one.msgcount)
        self.tracks = tally.tracks()
        self.start_ns, self.end_ns = reader.start_time, reader.end_time

    def _scan(self, because: Exception) -> None:
        tally = Tally()
        self.start_ns, self.end_ns = 2**63 - 1, 0
        for link, log_ns, _ in self._raw({}):
            tally.add(*link.key, _LATCHED if link.latched else (), 1)
            self.start_ns = min(self.start_ns, log_ns)
            self.end_ns = max(self.end_ns, log_ns + 1)
        self.tracks = tally.tracks()
        self.torn = f'{self._path.name}: {because}'
        if not self.tracks:
            raise because

    def _raw(self, wanted: Collection[tuple[str, str]]) -> Iterator[Raw]:
        if self._reader is None:
            yield from scan(self._path)
            return
        links = {one.id: _link(one) for one in self._reader.connections}
        connections = [one for one in self._reader.connections if links[one.id].key in wanted]
        if connections:
            for one, log_ns, data in self._reader.messages(connections):
                yield Raw(links[one.id], log_ns, data)

    def _converter(self, link: Link) -> Convert | None:
        if link not in self._converters:
            self._converters[link] = converter(link)
        return self._converters[link]


def _link(one: Connection) -> Link:
    return Link(one.topic, one.msgtype, one.msgdef.data,
                bool(cast(ConnectionExtRosbag1, one.ext).latching))


# --- a bag without its index --------------------------------------------------------------------

def scan(path: Path) -> Iterator[Raw]:
    """Yield the messages of a bag in the order of the file, up to its first damage."""
    links: dict[int, Link] = {}
    with path.open('rb') as file, suppress(*_DAMAGED):
        if file.read(len(_MAGIC)) != _MAGIC:
            return
        for header, data in _records(file, path.stat().st_size):
            number = header.get_uint32('conn')
            if header.get_uint8('op') == RecordType.CONNECTION:
                links[number] = _described(header, data)
            else:
                yield Raw(links[number], header.get_time('time'), data)


def _records(file: BinaryIO, size: int) -> Iterator[tuple[Header, bytes]]:
    """Yield connections and messages, those in chunks too."""
    while file.tell() < size:
        header = Header.read(file)
        data = read_bytes(file, read_uint32(file))
        kind = header.get_uint8('op')
        if kind == RecordType.CHUNK:
            inner = decompressors[header.get_string('compression')](data)
            yield from _records(BytesIO(inner), len(inner))
        elif kind in (RecordType.CONNECTION, RecordType.MSGDATA):
            yield header, data


def _described(header: Header, data: bytes) -> Link:
    said = Header.read(BytesIO(struct.pack('<L', len(data)) + data))
    return Link(normalize(header.get_string('topic')), normalize_msgtype(said.get_string('type')),
                said.get_string('message_definition'), said.get('latching') == b'1')


# --- from ROS 1 to CDR --------------------------------------------------------------------------

def converter(link: Link) -> Convert | None:
    """Return what makes CDR of a connection's payloads, None where the type is not known here."""
    source, target = get_typestore(Stores.EMPTY), get_typestore(Stores.EMPTY)
    name = link.key[1]
    definition = msgdefs.definition(name) if name.count('/') == 2 else ''
    if not definition:
        return None
    try:
        source.register(get_types_from_msg(link.definition, link.type))
        target.register(get_types_from_msg(definition, name))
    except TypesysError:
        return None
    return _converting(source, target, link.type, name)


def _converting(source: Typestore, target: Typestore, type_: str, name: str) -> Convert:
    same = is_same_wireformat(source, target, type_, name)
    cache: dict[str, object] = {}

    def convert(data: bytes) -> bytes:
        try:
            if same:
                return bytes(target.ros1_to_cdr(data, name))
            return bytes(migrate_bytes(source, target, type_, name, cache, data,
                                       src_is2=False, dst_is2=True))
        except (SerdeError, struct.error, AssertionError, IndexError) as error:
            raise ValueError(f'a {type_} that does not decode: {error}') from None
    return convert
