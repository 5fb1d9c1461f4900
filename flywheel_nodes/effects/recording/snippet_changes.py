"""Changes of published snippets, most of them wanted by a person; folder, then catalogue."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
import fcntl
import os
from pathlib import Path

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording import snippet_folder
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot

CATALOG = 'catalog.sqlite'


def remove(root: SnippetRoot, folder: Path) -> None:
    """
    Remove a snippet: it is whole until it is out of sight, and then it goes from the disk.

    :raises StorageError: when the disk refuses
    """
    with _told(folder):
        trash = root.discard(folder.name)
        with catalogue(root) as catalog:
            catalog.remove(folder.name)
        with suppress(FileNotFoundError):  # a recorder that clears up was faster
            snippet_folder.erase(trash)


def set_state(root: SnippetRoot, folder: Path, state: State) -> None:
    """Replace a snippet's state; raises StorageError when the disk refuses."""
    with _told(folder):
        snippet_folder.write_state(folder, state)
    if folder.resolve().parent == root.path.resolve():
        with catalogue(root) as catalog:
            catalog.set_state(folder.name, state)


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """
    Keep other processes from changing a snippet's state between reading and writing it.

    :raises StorageError: when the disk refuses
    """
    with _told(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@contextmanager
def catalogue(root: SnippetRoot) -> Iterator[Catalog]:
    """Give the catalogue; a recorder that writes to it at the same time is waited for."""
    with closing(Catalog(root.path.parent / CATALOG)) as catalog:
        yield catalog


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f'{folder}: {error.strerror or error}') from None
