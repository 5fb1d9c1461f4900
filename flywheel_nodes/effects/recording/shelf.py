"""The published snippets: their folders, their catalogue and the room they take."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
import os
from pathlib import Path
import time

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.retention import Bound, Kept, plan, Quota, Removal
from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.effects.recording import snippet_folder
from flywheel_nodes.effects.recording.catalog import Catalog, NONE_WAITING, Waiting
from flywheel_nodes.effects.recording.judgements import Judgements
from flywheel_nodes.effects.recording.reconcile import Fate, Found, reconcile
from flywheel_nodes.effects.recording.snippet_file import Saved
from flywheel_nodes.effects.recording.snippet_folder import Form, SnippetRoot

PROBE = '.probe'
ASIDE = '.quarantine/'
LOOKS = 20  # a state.json costs about 50 us


@dataclass(frozen=True)
class Evicted:
    """A snippet was removed to make room."""

    name: str
    id: str
    because: Bound
    bytes: int


@dataclass(frozen=True)
class Room:
    """
    What the disk holds, for metrics.

    damaged: snippets whose state cannot be read; unmet: bounds of the quota that do not hold
    although all that may leave has left.
    """

    snippets: int
    bytes: int
    free_bytes: int
    damaged: int = 0
    unmet: tuple[Bound, ...] = ()
    waiting: Waiting = NONE_WAITING


class Shelf:
    """
    The data directory's snippets, used from one thread.

    Methods raise OSError and StorageError when the disk refuses.
    """

    def __init__(self, data_dir: Path, form: Form, quota: Quota, min_free_bytes: int) -> None:
        """Name the places; raises OSError where they cannot be made."""
        self.root = SnippetRoot(data_dir)
        self.root.prepare()
        self.form = form
        self.judgements = Judgements(self.root)
        self.stale = True
        self.left = False
        self._catalog = Catalog(data_dir / 'catalog.sqlite')
        self._quota = quota
        self._min_free = min_free_bytes
        self._unmet: tuple[Bound, ...] = ()
        self._looked_at = ''

    def tidy(self) -> list[Found]:
        """Settle what was left behind, while nothing is being written; rebuild the catalogue."""
        found = reconcile(self.root, self._catalog, self.form)
        self.left = any(one.fate is Fate.LEFT for one in found)
        self.stale = False
        return found

    def add(self, saved: Saved) -> None:
        """Give a published snippet its row; without one the catalogue is stale."""
        self.stale = True
        self._catalog.add(saved.path.name, saved.label, self.form.state)
        self.stale = False

    def damaged(self) -> list[str]:
        """Return what is wrong with states that cannot be read."""
        return [one.state.damage for one in self._catalog.kept() if one.state.damage]

    def make_room(self) -> Iterator[Evicted]:
        """Remove what must go until quota and free space hold, or nothing more may go."""
        wanted = max(0, self._min_free - self.root.free_bytes())
        now, aside = time.time_ns(), self._aside()
        if not wanted and not self._pressing(now, aside):
            self._unmet = ()
            return
        self._look_again()
        found = plan([*self._catalog.kept(), *aside], self._quota, now, wanted)
        self._unmet = found.unmet
        for one in found.removals:
            gone = self._drop_aside if one.name.startswith(ASIDE) else self._evict
            evicted = gone(one)
            if evicted:
                yield evicted

    def _aside(self) -> list[Kept]:
        """Return what lies in quarantine, which leaves before any snippet."""
        return [Kept(ASIDE + folder.name, snippet_folder.size(folder), folder.stat().st_mtime_ns,
                     -1, State(pinned=snippet_folder.pinned(folder)))
                for folder in self.root.quarantined()]

    def _drop_aside(self, one: Removal) -> Evicted:
        snippet_folder.erase(self.root.path / one.name)
        return Evicted(one.name, '', one.because, one.bytes)

    def _pressing(self, now_ns: int, aside: Sequence[Kept]) -> bool:
        held, quota = self._catalog.totals(), self._quota
        oldest = [held.oldest_ns] * bool(held.count) + [one.made_ns for one in aside]
        age_s = (now_ns - min(oldest, default=now_ns)) / SECOND
        size = held.bytes + sum(one.bytes for one in aside)
        return (0 < quota.age_s < age_s or 0 < quota.count < held.count + len(aside)
                or 0 < quota.bytes < size)

    def _look_again(self) -> None:
        """Note what others have changed: pins, uploads, removals."""
        for one in self._catalog.kept():
            self._look_at(one.name, one.state)

    def _look_at(self, name: str, noted: State) -> None:
        folder = self.root.path / name
        if not folder.is_dir():
            self._catalog.remove(name)
            return
        state = replace(snippet_folder.read_state(folder), judged={})
        if state != noted:
            self._catalog.set_state(name, state)

    def _notice_uploads(self) -> None:
        """Look at a few of those that wait for their upload, at others each time."""
        names = self._catalog.next_waiting(self._looked_at, LOOKS)
        self._looked_at = names[-1] if len(names) == LOOKS else ''
        for name in names:
            self._look_at(name, State(upload=Upload.PENDING))

    def _evict(self, one: Removal) -> Evicted | None:
        identifier = self._identifier(one.name)
        folder = self.root.discard(one.name)
        if not snippet_folder.read_state(folder).evictable:
            self.root.restore(folder)  # somebody pinned it just now
            return None
        self._catalog.remove(one.name)
        snippet_folder.erase(folder)
        return Evicted(one.name, identifier, one.because, one.bytes)

    def forget(self, name: str) -> bool:
        """Remove a snippet from staging, or from where a recovery put it unless it is pinned."""
        if (self.root.staging / name).is_dir():
            folder = self.root.drop(name)
        elif (at := self.root.path / name).is_dir() and not snippet_folder.pinned(at):
            folder = self.root.discard(name)
            self._catalog.remove(name)
        else:
            return False
        snippet_folder.erase(folder)
        return True

    def _identifier(self, name: str) -> str:
        try:
            return snippet_folder.read_label(self.root.path / name).id
        except StorageError:
            return ''

    def refusal(self) -> str:
        """Return why no snippet can be written now, '' when the disk takes one."""
        self.root.prepare()  # somebody may have removed a folder
        free = self.root.free_bytes()
        if free < self._min_free:
            return (f'only {free >> 20} MiB are free, min_free_bytes asks for '
                    f'{self._min_free >> 20} MiB')
        return ''

    def probe(self) -> str:
        """Return why the disk refuses even a small file, '' when it takes one."""
        path = self.root.staging / PROBE
        try:
            with path.open('wb') as file:
                file.write(bytes(4096))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            return error.strerror or str(error)
        return ''

    def room(self) -> Room:
        """Return what the disk holds, and notice by and by what was uploaded."""
        self._notice_uploads()
        held = self._catalog.totals()
        return Room(held.count, held.bytes, self.root.free_bytes(), held.damaged, self._unmet,
                    self._catalog.waiting())

    def close(self) -> None:
        """Close the catalogue."""
        self._catalog.close()
