"""
What happens to snippets that a crash or a power cut left behind.

Afterwards every staged snippet is published or in quarantine with a reason, and the catalogue has
a row for each folder and no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.words import Word
from flywheel_nodes.effects.recording import snippet_folder
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.salvage import Salvage
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter, topic_infos

TORN = '.torn'


class Fate(Word):
    """What became of a snippet found in staging."""

    WHOLE = 'whole'
    RECOVERED = 'recovered'
    QUARANTINED = 'quarantined'


@dataclass(frozen=True)
class Found:
    """One snippet found in staging, and what became of it."""

    name: str
    fate: Fate
    path: Path
    reason: str = ''


def reconcile(root: SnippetRoot, catalog: Catalog) -> list[Found]:
    """Clear the staging folder and rebuild the catalogue."""
    root.prepare()
    found = [_settle(root, folder) for folder in root.staged()]
    catalog.rebuild(labels(root))
    return found


def labels(root: SnippetRoot) -> Iterator[tuple[str, Label]]:
    """Yield each published snippet's folder name and label; damaged labels are left out."""
    for folder in root.published():
        try:
            yield folder.name, snippet_folder.read_label(folder)
        except StorageError:
            continue


def _settle(root: SnippetRoot, folder: Path) -> Found:
    try:
        if _whole(folder):
            return Found(folder.name, Fate.WHOLE, root.publish(folder))
        label = _recover(folder)
        return Found(folder.name, Fate.RECOVERED, root.publish(folder), label.recovered)
    except (OSError, StorageError) as error:
        return Found(folder.name, Fate.QUARANTINED, root.set_aside(folder, str(error)),
                     str(error))


def _whole(folder: Path) -> bool:
    try:
        whole = not snippet_folder.broken(folder, snippet_folder.read_label(folder))
    except StorageError:
        return False
    if whole:
        (folder / snippet_folder.DRAFT).unlink(missing_ok=True)
        (folder / f'{folder.name}.mcap{TORN}').unlink(missing_ok=True)
    return whole


def _recover(folder: Path) -> Label:
    """Write the readable part of a torn file anew; the torn one goes once that is whole."""
    draft = _draft(folder)
    torn = _torn(folder)
    path = folder / f'{folder.name}.mcap'
    path.unlink(missing_ok=True)
    salvage = Salvage(torn)
    writer = SnippetWriter(path, salvage.channels, 'zstd', 0)
    try:
        label = _rewrite(folder, writer, salvage, draft)
    finally:
        writer.abandon()  # does nothing to a file that is complete
    torn.unlink()
    return label


def _rewrite(folder: Path, writer: SnippetWriter, salvage: Salvage, draft: Label) -> Label:
    writer.write(salvage.records())
    count = sum(one.count for one in writer.written.values())
    if not count:
        raise StorageError(f'no message of it can be read: {salvage.torn or "it is empty"}')
    reason = f'{count} messages were read up to: {salvage.torn or "the end"}'
    return snippet_folder.complete(folder, writer, replace(
        draft, recovered=reason, topics=topic_infos(writer.written)))


def _draft(folder: Path) -> Label:
    try:
        return snippet_folder.read_draft(folder)
    except StorageError:
        return replace(snippet_folder.read_label(folder), files=())


def _torn(folder: Path) -> Path:
    """Put the torn file aside under a name of its own, unless an earlier recovery did."""
    torn = folder / f'{folder.name}.mcap{TORN}'
    if not torn.exists():
        (folder / f'{folder.name}.mcap').rename(torn)
    return torn
