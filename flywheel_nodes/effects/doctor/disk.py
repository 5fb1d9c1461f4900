"""What the data directory lies on: room, kind, rights and speed."""

from collections.abc import Iterator
import os
from pathlib import Path
import time

from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.doctor import storage
from flywheel_nodes.core.doctor.finding import Finding, wrong

MOUNTS = Path('/proc/self/mountinfo')
PROBE = '.doctor'


def look(data_dir: Path, config: RecorderConfig) -> Iterator[Finding]:
    """Yield what was found of the data directory, or of where it will be made."""
    folder = existing(data_dir)
    room = os.statvfs(folder)
    yield storage.room(room.f_bavail * room.f_frsize, size(data_dir / 'snippets'),
                       config.quota_bytes, config.min_free_bytes)
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
