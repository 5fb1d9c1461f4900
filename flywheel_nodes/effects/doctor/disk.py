"""What the data directory lies on: room, kind, rights and speed."""

from collections.abc import Iterator
from contextlib import suppress
import os
from pathlib import Path
import time

from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.doctor import storage
from flywheel_nodes.core.doctor.finding import Finding, Level, wrong
from flywheel_nodes.core.doctor.storage import Stranger

MOUNTS = Path('/proc/self/mountinfo')
PROBE = '.doctor'
OURS = ('snippets', 'run', 'audit', 'keys', 'lost+found')
OUR_FILES = ('catalog.sqlite', PROBE)
MOST_FILES, LOOK_S = 20_000, 2.0
MOST_STRANGERS, WORTH_BYTES = 3, 2**20


def look(data_dir: Path, config: RecorderConfig) -> Iterator[Finding]:
    """Yield what was found of the data directory, or of where it will be made."""
    folder = existing(data_dir)
    room = os.statvfs(folder)
    told = (room.f_bavail * room.f_frsize, size(data_dir / 'snippets'), config.quota_bytes,
            config.min_free_bytes)
    found = storage.room(*told)
    yield found if found.level is Level.OK else storage.room(*told, strangers(data_dir))
    yield storage.kind(file_system(folder))
    try:
        yield storage.speed(latency(folder))
    except OSError as error:
        yield wrong('data directory', f'{folder} cannot be written to ({error.strerror})',
                    'choose another --data-dir, or chown it to the user that runs flywheel')


def existing(path: Path) -> Path:
    """Return a folder, or its next parent that exists."""
    path = path.absolute()
    return next(one for one in (path, *path.parents) if one.is_dir())


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                found += (Path(place) / name).lstat().st_size
            except OSError:  # gone meanwhile
                continue
    return found


def strangers(data_dir: Path, most: int = MOST_FILES) -> list[Stranger]:
    """
    Return the largest entries of the data directory that are not ours.

    :param most: so many files are looked at, and no more than for LOOK_S
    """
    try:
        entries = [one for one in sorted(data_dir.iterdir()) if not _is_ours(one.name)]
    except OSError:
        return []
    left, end = iter(range(most)), time.monotonic() + LOOK_S
    found = [_measured(one, left, end) for one in entries[:most]]
    large = sorted(found, key=lambda one: -one.size)[:MOST_STRANGERS]
    return [one for one in large if one.size >= WORTH_BYTES]


def _is_ours(name: str) -> bool:
    return name in OURS or name.startswith(OUR_FILES)


def _measured(entry: Path, left: Iterator[int], end: float) -> Stranger:
    """Measure what an entry takes on the disk, links and other file systems left out."""
    total = 0
    for path in _below(entry):
        if next(left, None) is None or time.monotonic() > end:
            return Stranger(entry.name, total, more=True)
        with suppress(OSError):  # gone meanwhile
            total += path.lstat().st_blocks * 512
    return Stranger(entry.name, total)


def _below(entry: Path) -> Iterator[Path]:
    yield entry
    if entry.is_dir() and not entry.is_symlink() and not entry.is_mount():
        for place, folders, names in os.walk(entry):
            folders[:] = [name for name in folders if not (Path(place) / name).is_mount()]
            yield from (Path(place) / name for name in names)


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the file system that a folder is on."""
    inside = f'{folder.resolve()}/'
    best, kind = 0, 'unknown'
    for line in mounts.read_text(encoding='utf-8', errors='replace').splitlines():
        head, _, tail = line.partition(' - ')
        place = head.split()[4].replace('\\040', ' ').rstrip('/') + '/'
        if inside.startswith(place) and len(place) >= best:  # the later of two covers the other
            best, kind = len(place), tail.split()[0]
    return kind


def latency(folder: Path) -> float:
    """Return how long a small file takes to be on the disk, in s; raises OSError."""
    path = folder / f'{PROBE}.{os.getpid()}'
    try:
        start = time.monotonic()
        with path.open('wb') as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        return time.monotonic() - start
    finally:
        path.unlink(missing_ok=True)
