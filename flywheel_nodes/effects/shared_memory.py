"""
What Fast DDS leaves in /dev/shm when a process is killed: its segment, about 0.6 MB.

Beside each segment lies a lock file, NAME_el, on which its owner holds an flock while it lives.
Segments of our own processes that nobody holds any more are removed. Ports are left alone: they
are shared, few, and used again by the next participant of the domain.
"""

from collections.abc import Iterable
import contextlib
import fcntl
import os
from pathlib import Path
import re

SHM = Path('/dev/shm')
_LOCK = '_el'
_SEGMENT = re.compile(r'fast(?:dds|rtps)_[0-9a-f]{16}')


def held(pid: int) -> set[str]:
    """Return the names of the segments that a process of ours owns; none when it is gone."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for entry in Path(f'/proc/{pid}/fd').iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                target = entry.readlink()
                if target.parent == SHM and target.name.endswith(_LOCK):
                    found.add(target.name.removesuffix(_LOCK))
    return set(filter(_SEGMENT.fullmatch, found))


def sweep(names: Iterable[str], folder: Path = SHM) -> list[str]:
    """Remove those of these segments that nobody holds any more; return their names."""
    return sorted(name for name in names if _SEGMENT.fullmatch(name) and _removed(folder, name))


def left_over(folder: Path = SHM) -> dict[str, int]:
    """Return the sizes in bytes of our segments that no process holds any more, by name."""
    found = {}
    for lock in folder.glob(f'fast*{_LOCK}'):
        name = lock.name.removesuffix(_LOCK)
        with contextlib.suppress(OSError):  # in use, gone meanwhile, or of another user
            if _SEGMENT.fullmatch(name) and lock.stat().st_uid == os.getuid() and _free(lock):
                found[name] = (folder / name).stat().st_size
    return found


def _free(lock: Path) -> bool:
    """Say whether nobody holds a lock; others may look at the same time."""
    with lock.open('rb') as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return True


def _removed(folder: Path, name: str) -> bool:
    lock = folder / f'{name}{_LOCK}'
    try:
        with lock.open('rb') as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / name).unlink(missing_ok=True)
            lock.unlink(missing_ok=True)
            return True
    except OSError:  # in use, gone already, or of another user
        return False
