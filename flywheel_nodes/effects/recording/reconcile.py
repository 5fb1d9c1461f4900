"""
What happens to snippets that a crash, a power cut or a full disk left behind.

Afterwards every staged snippet is published or in quarantine with a reason, every removal that
had begun is over, and the catalogue has a row for each folder and no other. Only what the disk
has no room for stays where it is, for a later time.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
import errno
from pathlib import Path

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.core.wording import count, signed
from flywheel_nodes.core.words import Word
from flywheel_nodes.effects.recording import snippet_folder
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.salvage import Salvage
from flywheel_nodes.effects.recording.snippet_folder import Form, MCAP, SnippetRoot
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter, topic_infos

TORN = '.torn'
MOST_QUARANTINED = 50
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class Fate(Word):
    """What became of a snippet that was left behind."""

    WHOLE = 'whole'
    RECOVERED = 'recovered'
    QUARANTINED = 'quarantined'
    REMOVED = 'removed'
    LEFT = 'left'


@dataclass(frozen=True)
class Found:
    """One snippet that was left behind, and what became of it."""

    name: str
    fate: Fate
    path: Path
    reason: str = ''


def reconcile(root: SnippetRoot, catalog: Catalog, form: Form = MCAP,
              busy: Collection[str] = ()) -> list[Found]:
    """
    Clear staging and trash and rebuild the catalogue.

    :param form: how a snippet that can be recovered is completed
    :param busy: names of snippets that are being written
    """
    root.prepare()
    found = [_finish_removal(root, folder) for folder in root.trashed()]
    found += [settle(root, folder, form) for folder in root.staged() if folder.name not in busy]
    catalog.rebuild(_rows(root, found))
    found += [_give_up(folder) for folder in root.quarantined()[:-MOST_QUARANTINED]
              if not snippet_folder.pinned(folder)]
    return found


def _rows(root: SnippetRoot, found: list[Found]) -> Iterator[tuple[str, Label, State]]:
    """Yield each published snippet's row; one whose label is damaged is set aside."""
    for folder in root.published():
        try:
            yield folder.name, snippet_folder.read_label(folder), snippet_folder.read_state(folder)
        except StorageError as error:
            found.append(_set_aside(root, folder, error))


def _finish_removal(root: SnippetRoot, folder: Path) -> Found:
    """End it, unless the snippet was pinned at that very moment."""
    try:
        if _wanted(folder):
            return Found(folder.name, Fate.WHOLE, root.restore(folder), 'it is to be kept')
        snippet_folder.erase(folder)
        return Found(folder.name, Fate.REMOVED, folder, 'its removal had begun')
    except OSError as error:
        return Found(folder.name, Fate.LEFT, folder, f'it cannot be removed: {error}')


def _give_up(folder: Path) -> Found:
    snippet_folder.erase(folder)
    return Found(folder.name, Fate.REMOVED, folder,
                 f'the quarantine holds the newest {MOST_QUARANTINED}')


def _wanted(folder: Path) -> bool:
    try:
        label = snippet_folder.read_label(folder)
    except StorageError:
        return False  # the label went first
    state = snippet_folder.read_state(folder)
    return not state.evictable and not snippet_folder.broken(folder, label)


def settle(root: SnippetRoot, folder: Path, form: Form = MCAP) -> Found:
    """Publish a staged snippet, as far as it can be read, or set it aside."""
    try:
        if _whole(folder):
            return Found(folder.name, Fate.WHOLE, root.publish(folder))
        label = _recover(folder, _with_state(folder, form))
        return Found(folder.name, Fate.RECOVERED, root.publish(folder), label.recovered)
    # A draft holds what anybody said: no error in one may keep the others from being settled.
    except Exception as error:  # noqa: BLE001
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return Found(folder.name, Fate.LEFT, folder, f'no room to recover it: {error}')
        return _set_aside(root, folder, error)


def _set_aside(root: SnippetRoot, folder: Path, error: Exception) -> Found:
    known = isinstance(error, OSError | StorageError)
    because = str(error) if known else f'{type(error).__name__}: {error}'
    try:
        return Found(folder.name, Fate.QUARANTINED, root.set_aside(folder, because), because)
    except OSError as refused:
        return Found(folder.name, Fate.LEFT, folder, f'{because}; it cannot be moved: {refused}')


def _with_state(folder: Path, form: Form) -> Form:
    """Return the form with the state that the snippet has, if it has one already."""
    state = snippet_folder.read_state(folder)
    return form if state.damage else replace(form, state=state)


def _whole(folder: Path) -> bool:
    try:
        label = snippet_folder.read_label(folder)
        whole = not snippet_folder.broken(folder, label)
    except StorageError:
        return False
    if whole:
        snippet_folder.tidy(folder, label)
    return whole


def _recover(folder: Path, form: Form) -> Label:
    """Write the readable part of a torn file anew; the torn one goes once that is whole."""
    draft = _draft(folder)
    torn = _torn(folder)
    path = folder / f'{folder.name}.mcap'
    path.unlink(missing_ok=True)
    salvage = Salvage(torn)
    writer = SnippetWriter(path, salvage.channels, 'zstd', 0)
    try:
        return _rewrite(folder, writer, salvage, draft, form)
    except BaseException:
        writer.abandon()
        path.unlink(missing_ok=True)  # the torn one has it all
        raise


def _rewrite(folder: Path, writer: SnippetWriter, salvage: Salvage, draft: Label,
             form: Form) -> Label:
    writer.write(salvage.records())
    messages = sum(one.count for one in writer.written.values())
    if not messages:
        raise StorageError(f'no message of it can be read: {salvage.torn or "it is empty"}')
    last = max(one.last_ns for one in writer.written.values())
    since = (last - draft.window.trigger.wall_ns) / 1e9
    reason = (f'{count(messages, "message")} read, the last {signed(since)} s from the trigger, '
              f'up to: {salvage.torn or "the end"}; what came later is lost')
    return snippet_folder.complete(folder, writer, replace(
        draft, recovered=reason, topics=topic_infos(writer.written)), form)


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
