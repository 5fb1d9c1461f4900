"""
What Fast DDS leaves in /dev/shm: 0.6 MB when its process is killed, ports of those it talked to.

It keeps a lock file beside each segment and port, NAME_el, and holds an flock on it while it
lives; a port goes when the last who uses it lets go, which a killed process never does. A node
notes the names of its own; at its end, or after a crash at its next start, those that nobody
holds any more are removed. Nothing of others is touched.
"""

from collections.abc import Iterable
import contextlib
import fcntl
from pathlib import Path
import re

SHM = Path('/dev/shm')
_LOCK = '_el'
_NAME = re.compile(r'fast(?:dds|rtps)_(?:[0-9a-f]{16}|port[0-9]{1,5})')


def held() -> list[str]:
    """Return the names of the segments and ports that this process has made, [] without any."""
    found = set()
    for entry in Path('/proc/self/fd').iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            target = entry.readlink()
            if target.parent == SHM and target.name.endswith(_LOCK):
                found.add(target.name.removesuffix(_LOCK))
    return sorted(name for name in found if _NAME.fullmatch(name))


def sweep(names: Iterable[str], folder: Path = SHM) -> list[str]:
    """Remove what nobody holds any more of these names; return which ones those were."""
    return [name for name in names if _NAME.fullmatch(name) and _removed(folder, name)]


def _removed(folder: Path, name: str) -> bool:
    lock = folder / f'{name}{_LOCK}'
    if not (folder / name).exists():
        return False
    try:
        with lock.open('a') as file:  # a clean end removes the lock, and not always the rest
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in (folder / name, folder / f'sem.{name}_mutex', lock):
                path.unlink(missing_ok=True)
            return True
    except OSError:  # in use, gone already, or of another user
        return False
