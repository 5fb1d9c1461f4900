"""Makes the catalogue anew, and files that lost their index."""

from collections.abc import Callable, Iterator
from pathlib import Path

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording import durable, snippet_folder
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import Found, settle
from flywheel_nodes.effects.recording.snippet_folder import Form, SnippetRoot

Row = tuple[str, Label, State]
_MAGIC = b'\x89MCAP0\r\n'
_FOOTER = 37  # opcode, length, summary start, summary offset start, CRC, magic


def catalogue(root: SnippetRoot, catalog: Catalog, seen: Callable[[int], None]) -> int:
    """
    Make the catalogue anew from the folders; return its rows.

    All is read before the catalogue is touched, so that a running recorder never waits for it.

    :param seen: called with the number of labels read so far
    """
    rows = list(_rows(root, seen))
    catalog.rebuild(rows)
    known = {name for name, _, _ in rows}
    for folder in root.published():  # what a running recorder saved meanwhile
        if folder.name not in known:
            for row in _row(folder):
                catalog.add(*row)
                known.add(folder.name)
    return len(known)


def _rows(root: SnippetRoot, seen: Callable[[int], None]) -> Iterator[Row]:
    for done, folder in enumerate(root.published()):
        seen(done)
        yield from _row(folder)


def _row(folder: Path) -> Iterator[Row]:
    try:
        yield folder.name, snippet_folder.read_label(folder), snippet_folder.read_state(folder)
    except StorageError:
        return


def unindexed(folder: Path) -> bool:
    """Tell whether a snippet's MCAP file has no summary at its end."""
    for path in folder.glob('*.mcap'):
        with path.open('rb') as file:
            if path.stat().st_size < _FOOTER:
                return True
            file.seek(-_FOOTER, 2)
            footer = file.read()
        if not footer.endswith(_MAGIC) or not int.from_bytes(footer[9:17], 'little'):
            return True
    return False


def reindex(root: SnippetRoot, folder: Path) -> Found:
    """
    Write a file that lost its index anew, as far as it can be read.

    The snippet goes back to staging for that: whatever happens meanwhile, the next start of a
    recorder finds it there and does the same.

    :raises StorageError: when the disk refuses
    """
    staged = root.staging / folder.name
    try:
        root.prepare()
        form = Form(state=snippet_folder.read_state(folder))
        folder.rename(staged)
        durable.sync_folder(root.path)
    except OSError as error:
        raise StorageError(f'{folder}: {error.strerror}') from None
    return settle(root, staged, form)
