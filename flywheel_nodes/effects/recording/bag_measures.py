"""When the messages of a snippet came and who drove, read with as little work as can be."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
import struct
from typing import IO

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.records import MessageIndex

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.timeline import Measured, Stretch
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.snippet_reader import Bag, open_bag

_NO_INDEX = (McapError, struct.error, ValueError, KeyError, OSError, EOFError)
_HEAD = struct.Struct('<BQ')


def measure(path: Path) -> Measured:
    """
    Return what the bag in a folder tells for the timeline.

    :raises StorageError: when it cannot be read
    """
    with open_bag(path) as bag:
        control = tuple(_stretches(bag))
        return Measured(control, _indexed(path) or _counted(bag))


def _stretches(bag: Bag) -> Iterator[Stretch]:
    name = snippet_reader.find(bag, topics.CONTROL)
    last = None
    for message, array in snippet_reader.decoded(bag, name, Counter()):
        for status in array.status:
            try:
                control = wire.control_from_status(status)
            except WireError:
                continue
            one = Stretch(message.log_ns, str(control.mode), str(control.phase))
            if (one.mode, one.phase) != last:
                last = one.mode, one.phase
                yield one


def _counted(bag: Bag) -> dict[str, list[int]]:
    times: dict[str, list[int]] = defaultdict(list)
    for message in bag.messages():
        times[message.topic].append(message.log_ns)
    return times


def _indexed(path: Path) -> Mapping[str, list[int]]:
    """Return the log times from the indexes of an MCAP file, nothing where it has none."""
    files = [path] if path.is_file() else sorted(path.glob('*.mcap'))
    if len(files) != 1 or files[0].suffix != '.mcap':
        return {}
    try:
        with files[0].open('rb') as file:
            return _index(file)
    except _NO_INDEX:
        return {}


def _index(file: IO[bytes]) -> dict[str, list[int]]:
    times: dict[str, list[int]] = defaultdict(list)
    summary = make_reader(file).get_summary()
    for chunk in summary.chunk_indexes if summary else ():
        for channel, offset in chunk.message_index_offsets.items():
            file.seek(offset + _HEAD.size)
            found = MessageIndex.read(ReadDataStream(file))
            assert summary is not None
            times[summary.channels[channel].topic] += [at for at, _ in found.records]
    return {name: sorted(found) for name, found in times.items()}
