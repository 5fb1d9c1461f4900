"""
The thread that writes snippets, so that receiving never waits for the disk.

The recorder hands over batches of records; what waits is bounded in bytes and refused beyond. A
disk that refuses blocks nobody: it is said, tried again every second, and what it cut short is
recovered once there is room. What goes wrong with one snippet, whatever it is, ends that one only.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
import threading
import time

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.retention import NO_QUOTA, Quota
from flywheel_nodes.core.recording.ring import cost, Record
from flywheel_nodes.effects.recording.judgements import Judgement
from flywheel_nodes.effects.recording.outcomes import Failed, Outcome, reason
from flywheel_nodes.effects.recording.shelf import Shelf
from flywheel_nodes.effects.recording.snippet_file import (
    Batch,
    Discard,
    Discarded,
    End,
    SnippetFile,
    Start,
)
from flywheel_nodes.effects.recording.snippet_folder import Form, MCAP
from flywheel_nodes.effects.recording.snippet_writer import Source
from flywheel_nodes.effects.recording.upkeep import Upkeep

__all__ = ('Discard', 'End', 'Outcome', 'Settings', 'SnippetFile', 'SnippetStore', 'Start')

LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Settings:
    """
    How snippets are written and kept.

    compression: of MCAP chunks; queue_bytes: what may wait for the disk; min_free_bytes: space
    that is left alone.
    """

    compression: str = 'zstd'
    queue_bytes: int = 64 * 2**20
    min_free_bytes: int = 0
    quota: Quota = NO_QUOTA
    form: Form = MCAP


Job = Start | Batch | End | Discard | Judgement
_STOP = None


class SnippetStore:
    """Takes snippets from the recorder's loop and writes them in a thread of its own."""

    def __init__(self, data_dir: Path, sources: Mapping[int, Source], settings: Settings) -> None:
        """
        Start the thread; its first work is to clear up after a crash.

        :param sources: channels by number; grows while the store lives
        :raises OSError: where the folders cannot be made
        """
        self._shelf = Shelf(data_dir, settings.form, settings.quota, settings.min_free_bytes)
        self._sources = sources
        self._settings = settings
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._open: dict[int, SnippetFile] = {}
        self._outcomes: deque[Outcome] = deque(maxlen=10_000)
        self._upkeep = Upkeep(self._shelf, self._outcomes)
        self._thread = threading.Thread(target=self._run, name='snippets', daemon=True)
        self._thread.start()

    # --- called by the recorder's loop ----------------------------------------------------------

    def begin(self, start: Start) -> None:
        """Begin a snippet; its pre-roll is bounded by the ring and always taken."""
        self._jobs.put(start)

    def append(self, key: int, records: Sequence[Record]) -> bool:
        """Hand over records; False, and nothing taken, when too much waits for the disk."""
        size = sum(cost(record) for record in records)
        with self._lock:
            if self._waiting + size > self._settings.queue_bytes:
                return False
            self._waiting += size
        self._jobs.put(Batch(key, records, size))
        return True

    def end(self, end: End) -> None:
        """Complete a snippet."""
        self._jobs.put(end)

    def discard(self, discard: Discard) -> None:
        """Delete a snippet, whatever has become of it; that is no failure."""
        self._jobs.put(discard)

    def judge(self, judgement: Judgement) -> None:
        """Write how the policy fared after a resume into the snippets that it concerns."""
        self._jobs.put(judgement)

    @property
    def refused(self) -> str:
        """Why the disk takes no snippets now, '' when it does."""
        return self._upkeep.refused

    @property
    def alive(self) -> bool:
        """Whether the thread still writes: without it nothing is ever saved again."""
        return self._thread.is_alive()

    def outcomes(self) -> list[Outcome]:
        """Return what has happened since the last call."""
        found = []
        while self._outcomes:
            found.append(self._outcomes.popleft())
        return found

    def close(self, timeout_s: float) -> bool:
        """Complete what was handed over; False when the disk took longer than that."""
        self._jobs.put(_STOP)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # --- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        self._upkeep.begin()
        looked = time.monotonic()
        while self._work():
            if time.monotonic() - looked >= LOOK_EVERY_S:
                self._look()
                looked = time.monotonic()
        for one in self._open.values():
            one.abandon()
        self._shelf.close()

    def _work(self) -> bool:
        """Do the next job, if one comes, and let go of its records; False at the end."""
        try:
            job = self._jobs.get(timeout=LOOK_EVERY_S)
        except Empty:
            return True
        if job is _STOP:
            return False
        if isinstance(job, Judgement):
            self._upkeep.judge(job)
            return True
        with self._failing(job.key):
            self._do(job)
        return True

    def _do(self, job: Start | Batch | End | Discard) -> None:
        if isinstance(job, Start):
            self._begin(job)
        elif isinstance(job, Batch):
            self._append(job)
        elif isinstance(job, End):
            self._end(job)
        else:
            self._discard(job)

    @contextmanager
    def _failing(self, key: int) -> Iterator[None]:
        """Give a snippet up when something goes wrong with it."""
        try:
            yield
        # Labels hold what anybody said: no error in one may end the thread that writes the others.
        except Exception as error:  # noqa: BLE001
            self._fail(key, error)

    def _begin(self, job: Start) -> None:
        one = SnippetFile(self._shelf.root, self._sources, self._settings.compression, job,
                          self._settings.form)
        self._open[job.key] = one
        refused = self._upkeep.check()
        if refused:
            raise StorageError(refused)
        one.begin()

    def _append(self, job: Batch) -> None:
        with self._lock:
            self._waiting -= job.bytes
        if job.key in self._open:
            self._open[job.key].append(job.records)

    def _end(self, job: End) -> None:
        one = self._open.get(job.key)
        if one is None:  # it has failed and that was said
            self._shelf.root.redraft(job.label)
            return
        known = self._shelf.judgements.known(job.label, one.form.state)
        one.form = replace(one.form, state=known)
        saved = one.finish(job)
        del self._open[job.key]
        self._upkeep.keep(saved)

    def _discard(self, job: Discard) -> None:
        one = self._open.pop(job.key, None)
        if one is not None:
            one.abandon()
        if self._shelf.forget(job.draft.name):
            self._outcomes.append(Discarded(job.draft, job.outcome))

    def _fail(self, key: int, error: Exception) -> None:
        one = self._open.pop(key, None)
        if one is not None:
            one.abandon()
            self._outcomes.append(Failed(one.start.draft, reason(error)))
            self._upkeep.failed(error, left=one.writer is not None)

    def _look(self) -> None:
        """Once a second have a crash lose no more than that, and see what the disk says."""
        for key, one in list(self._open.items()):
            with self._failing(key):
                one.flush()
        self._upkeep.check()
        if not self._open:
            self._upkeep.settle()
        self._upkeep.measure()
