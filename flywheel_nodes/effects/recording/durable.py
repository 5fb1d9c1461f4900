"""Files that survive a power cut: written whole, synced, and moved into place."""

import hashlib
import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Have the entries of a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they are there, and have them on the disk."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Have a file's content on the disk, which somebody else has written."""
    with path.open('rb') as file:
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Write a text file and have it on the disk."""
    with path.open('w', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def replace_text(path: Path, text: str) -> None:
    """Replace a text file: a reader or a crash sees the old one or the new one."""
    draft = path.with_name(f'.{path.name}.new')
    write_text(draft, text)
    draft.replace(path)
    sync_folder(path.parent)


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    found = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


class HashedFile:
    """A file that is only appended to and whose hash is known when it is closed."""

    def __init__(self, path: Path) -> None:
        """Create the file; FileExistsError where there is one already."""
        self._file = path.open('xb', buffering=0)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes | memoryview) -> int:
        """Append; it outlives this process, but not yet a power cut."""
        left = memoryview(data)
        self._hash.update(left)
        while left:
            left = left[self._file.write(left):]
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return the size so far."""
        return self._size

    def sync(self) -> None:
        """Have everything so far on the disk."""
        os.fdatasync(self._file.fileno())

    def abandon(self) -> None:
        """Close without caring for what is not on the disk: it has refused already."""
        try:
            self._file.close()
        except OSError:
            return

    def close(self) -> tuple[str, int]:
        """Have everything on the disk; return SHA-256 and size."""
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest(), self._size
