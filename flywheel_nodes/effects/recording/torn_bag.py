"""What can be read of a rosbag2 bag that was never finished, lost its end or its metadata."""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
import math
import os
from pathlib import Path
import re
import shutil
import sqlite3
from tempfile import TemporaryDirectory

from rosbags.rosbag2 import ReaderError
import yaml
import zstandard

from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.effects.recording.bag_storage import cut_bytes, plain, Row, Tally, Track
from flywheel_nodes.effects.recording.recorded_qos import offers_of_text
from flywheel_nodes.effects.recording.salvage import Salvage

_SUFFIXES = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')


@dataclass(frozen=True)
class Piece:
    """One message as a storage file has it."""

    topic: str
    type: str
    offers: tuple[Offer, ...]
    log_ns: int
    data: bytes


class TornBag:
    """
    Storage files, each read from its start to its first damage, in the order of writing.

    An MCAP file is readable up to its last whole chunk, a database up to its last whole page.
    """

    def __init__(self, path: Path, because: str) -> None:
        """
        Read everything once, to know what there is.

        :param path: a bag's folder, or a single file
        :param because: why it could not be opened as a whole, '' when that is no damage
        """
        self._folder = TemporaryDirectory(prefix='flywheel-replay-')
        named, missing = storage_files(path)
        self._files = [_readable(one, Path(self._folder.name)) for one in named]
        self._torn: dict[Path, str] = {}
        tally = Tally()
        self.start_ns, self.end_ns = 2**63 - 1, 0
        for one in self._pieces():
            tally.add(one.topic, one.type, one.offers, 1)
            self.start_ns = min(self.start_ns, one.log_ns)
            self.end_ns = max(self.end_ns, one.log_ns + 1)
        self.tracks = tally.tracks()
        notes = [f'{name} is missing' for name in missing]
        notes += [f'{file.name}: {text}' for file, text in self._torn.items()]
        seconds = max(0, self.end_ns - 1 - self.start_ns) / 1e9
        damage = '; '.join(notes) or because
        self.torn = f'it ends after {seconds:.3f} s: {damage}' if damage else ''

    def read(self, tracks: Collection[Track], start_ns: int, end_ns: int) -> Iterator[Row]:
        """Yield messages in the order in which they were written."""
        wanted = {(track.topic, track.type): track for track in tracks}
        for one in self._pieces():
            track = wanted.get((one.topic, one.type))
            if track and start_ns <= one.log_ns < end_ns:
                yield track, one.log_ns, plain(one.data)

    def close(self) -> None:
        """Remove what was unpacked."""
        self._folder.cleanup()

    def _pieces(self) -> Iterator[Piece]:
        for file in self._files:
            read = mcap_pieces if file.suffix == '.mcap' else database_pieces
            yield from read(file, partial(self._torn.__setitem__, file))


def storage_files(path: Path) -> tuple[list[Path], list[str]]:
    """Return a bag's storage files in order, and the names of those that are missing."""
    if not path.is_dir():
        return ([path] if path.name.endswith(_SUFFIXES) else []), []
    listed = _listed(path / 'metadata.yaml')
    there = sorted((one for one in path.iterdir() if one.name.endswith(_SUFFIXES)), key=_number)
    if not listed:
        return there, []
    named = [path / name for name in listed]
    return [one for one in named if one in there], [o.name for o in named if o not in there]


def _listed(metadata: Path) -> list[str]:
    try:
        content = yaml.safe_load(metadata.read_text(encoding='utf-8'))
        return [Path(name).name
                for name in content['rosbag2_bagfile_information']['relative_file_paths']]
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return []  # torn as well: whatever lies in the folder is the bag


def _number(path: Path) -> tuple[float, str]:
    found = re.search(r'_(\d+)\.', path.name)
    return (int(found[1]) if found else math.inf), path.name


def _readable(path: Path, folder: Path) -> Path:
    """Return a file that can be read as it is; what must be made for that goes into a folder."""
    if path.suffix == '.zstd':
        path = _unpacked(path, folder)
    if path.suffix == '.db3' and cut_bytes(path):
        if path.parent != folder:
            path = Path(shutil.copy(path, folder))
        path.chmod(0o600)
        os.truncate(path, path.stat().st_size - cut_bytes(path))
    return path


def _unpacked(path: Path, folder: Path) -> Path:
    target = folder / path.stem
    with path.open('rb') as packed, target.open('wb') as out:
        try:
            zstandard.ZstdDecompressor().copy_stream(packed, out)
        except zstandard.ZstdError:
            return target  # what came before the damage is there; its end tells of it
    return target


def mcap_pieces(file: Path, torn: Callable[[str], None]) -> Iterator[Piece]:
    """Yield the messages of an MCAP file; tells where it is torn."""
    salvage = Salvage(file)
    for record in salvage.records():
        one = salvage.channels[record.channel]
        yield Piece(one.topic, one.type, one.offers, record.received_ns, record.data)
    if salvage.torn:
        torn(salvage.torn)


def database_pieces(file: Path, torn: Callable[[str], None]) -> Iterator[Piece]:
    """Yield the messages of an sqlite3 file; tells where it is torn."""
    try:
        with closing(sqlite3.connect(f'{file.absolute().as_uri()}?mode=ro&immutable=1',
                                     uri=True)) as base:
            # Otherwise sqlite refuses to look into a file that is shorter than its header says.
            base.execute('PRAGMA writable_schema=ON')
            topics = _topics(base)
            for topic, log_ns, data in base.execute(
                    'SELECT topic_id, timestamp, data FROM messages NOT INDEXED ORDER BY id'):
                yield Piece(*topics[topic], log_ns, bytes(data))
    except (sqlite3.Error, ReaderError, ValueError, TypeError, KeyError) as error:
        torn(f'a torn page ({error})')


def _topics(base: sqlite3.Connection) -> dict[int, tuple[str, str, tuple[Offer, ...]]]:
    rows = base.execute('SELECT * FROM topics')
    names = [column[0] for column in rows.description]
    topics = {}
    for one in (dict(zip(names, row, strict=True)) for row in rows):
        if one['serialization_format'] != 'cdr':
            raise ValueError(f'{one["name"]} is not in CDR but {one["serialization_format"]}')
        # The oldest bags have no QoS.
        topics[one['id']] = (one['name'], one['type'],
                             offers_of_text(one.get('offered_qos_profiles', '')))
    return topics

