"""Any bag as something to be played: whole or torn, of ROS 2 or ROS 1."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from rosbags.rosbag2 import Reader

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.recording.bag_errors import one_line, UNREADABLE
from flywheel_nodes.effects.recording.bag_storage import (
    check,
    Rosbag2,
    Row,
    Storage,
    Track,
    unchunked,
)
from flywheel_nodes.effects.recording.ros1_bag import Ros1Bag
from flywheel_nodes.effects.recording.torn_bag import storage_files, TornBag

__all__ = ('BagSource', 'Sample', 'Track', 'open_source')


class Sample(NamedTuple):
    """One message to be played: its track, ns since the start of what is played, CDR payload."""

    track: Track
    since_ns: int
    data: bytes


class BagSource:
    """An open bag; torn: what is damaged in it, '' as far as is known."""

    def __init__(self, storage: Storage) -> None:
        """Read from an open storage."""
        self._storage = storage
        self.tracks = storage.tracks
        self.torn = storage.torn

    @property
    def start_ns(self) -> int:
        """Log time of the first message."""
        return self._storage.start_ns

    @property
    def duration_s(self) -> float:
        """Time from the first to the last message, in s."""
        return max(0, self._storage.end_ns - 1 - self._storage.start_ns) / 1e9

    def choose(self, patterns: Sequence[str]) -> tuple[Track, ...]:
        """
        Return the tracks whose names match one of the patterns, all for none.

        :raises ConfigError: for a pattern without any topic
        """
        full = [one if one.startswith('/') else f'/{one}' for one in patterns]
        for pattern in full:
            if not any(fnmatchcase(_slashed(track.topic), pattern) for track in self.tracks):
                names = ', '.join(sorted({track.topic for track in self.tracks}))
                raise ConfigError(f'--topics: the bag has no topic like {pattern}, only {names}')
        return tuple(track for track in self.tracks if not full or any(
            fnmatchcase(_slashed(track.topic), pattern) for pattern in full))

    def messages(self, start_s: float = 0.0, duration_s: float | None = None,
                 tracks: Collection[Track] | None = None) -> Iterator[Sample]:
        """
        Yield messages in order of log time; ends at the first damage and then says so in `torn`.

        :param start_s: leave out what comes earlier in the bag
        :param duration_s: stop after that much of the bag
        :param tracks: only these
        """
        tracks = self.tracks if tracks is None else tracks
        first, end = self._storage.start_ns + int(start_s * 1e9), self._storage.end_ns
        if duration_s is not None:
            end = min(end, first + int(duration_s * 1e9))
        counts: Counter[Track] = Counter()
        for track, log_ns, data in self._rows(tracks, first, end):
            counts[track] += 1
            yield Sample(track, log_ns - first, data)
        if start_s == 0.0 and end == self._storage.end_ns:
            self._compare(tracks, counts)

    def _rows(self, tracks: Collection[Track], first_ns: int, end_ns: int) -> Iterator[Row]:
        at = first_ns
        rows = self._storage.read(tracks, first_ns, end_ns)
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except UNREADABLE as error:
                since = (at - self._storage.start_ns) / 1e9
                self.torn = f'damaged {since:.3f} s into the bag: {one_line(error)}'
                return
            at = row[1]
            yield row

    def _compare(self, tracks: Collection[Track], counts: Counter[Track]) -> None:
        """Notice messages that the bag's metadata promises and its files do not have."""
        missing = [f'{track.topic}: {counts[track]} of {track.messages} messages'
                   for track in tracks if counts[track] < track.messages]
        self.torn = self.torn or '; '.join(missing)


def _slashed(topic: str) -> str:
    return topic if topic.startswith('/') else f'/{topic}'


@contextmanager
def open_source(path: Path) -> Iterator[BagSource]:
    """
    Open a rosbag2 bag's folder or file, or a ROS 1 bag.

    :raises ConfigError: one line, when it is none or nothing of it can be read
    """
    if not path.exists():
        raise ConfigError(f'{path}: there is no such bag')
    storage = _storage(path)
    try:
        yield BagSource(storage)
    finally:
        storage.close()


def _storage(path: Path) -> Storage:
    try:
        if path.suffix in ('.bag', '.active') and path.is_file():
            return Ros1Bag(path)
        return _whole(path)
    except UNREADABLE as error:
        torn = _torn(path, one_line(error))
        if torn is None:
            raise ConfigError(f'{path}: not a bag that can be read: {one_line(error)}') from None
        return torn


def _whole(path: Path) -> Storage:
    with ExitStack() as cleanup:
        reader = Reader(path)
        reader.open()
        cleanup.callback(reader.close)
        check(reader)
        if unchunked(reader):
            return TornBag(path, '')  # in the order of writing, which needs no index
        cleanup.pop_all()
        return Rosbag2(reader)


def _torn(path: Path, because: str) -> TornBag | None:
    """Return what can be read of a bag that does not open, None where that is nothing."""
    try:
        if not storage_files(path)[0]:
            return None
        torn = TornBag(path, because)
    except UNREADABLE:
        return None
    if torn.tracks:
        return torn
    torn.close()
    return None
