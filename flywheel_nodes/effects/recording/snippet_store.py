"""
The thread that writes snippets, so that receiving never waits for the disk.

The recorder hands over batches of records; what waits is bounded in bytes and refused beyond.
Each step on the disk is one method of SnippetFile, which knows nothing of threads.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
import threading
import time

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label, LatchedInfo
from flywheel_nodes.core.recording.latched import Held
from flywheel_nodes.core.recording.ring import cost, Record
from flywheel_nodes.effects.recording import snippet_folder
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import Found, reconcile
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter, Source, topic_infos

FLUSH_EVERY_S = 1.0


@dataclass(frozen=True)
class Start:
    """A snippet begins: what is known of it, the state before it, its pre-roll."""

    key: int
    draft: Label
    state: Sequence[Held]
    records: Sequence[Record]


@dataclass(frozen=True)
class Batch:
    """More records of an open snippet."""

    key: int
    records: Sequence[Record]
    bytes: int


@dataclass(frozen=True)
class End:
    """A snippet is over: its label but for what only the file tells, and losses by channel."""

    key: int
    label: Label
    lost: Mapping[int, int | None]


@dataclass(frozen=True)
class Saved:
    """A snippet is on the disk, in the catalogue, and will survive."""

    label: Label
    path: Path


@dataclass(frozen=True)
class Failed:
    """A snippet could not be written; what was written of it stays in staging."""

    draft: Label
    because: str


@dataclass(frozen=True)
class Room:
    """What the disk holds, for metrics."""

    snippets: int
    free_bytes: int


@dataclass(frozen=True)
class Trouble:
    """The disk refused something that is tried again later."""

    because: str


Outcome = Saved | Failed | Found | Room | Trouble
_STOP = None


@dataclass
class SnippetFile:
    """One snippet on its way to the disk."""

    root: SnippetRoot
    sources: Mapping[int, Source]
    compression: str
    start: Start
    latched: set[int] = field(default_factory=set)
    writer: SnippetWriter | None = None

    def begin(self) -> None:
        """Make the folder and the file, and write what came before the trigger."""
        draft = self.start.draft
        trigger = draft.window.trigger
        folder = self.root.stage(draft.name, draft)
        self.writer = SnippetWriter(folder / f'{draft.name}.mcap', self.sources,
                                    self.compression, trigger.wall_ns - trigger.mono_ns)
        self._write_state(self.writer)
        self.writer.write(self.start.records)

    def _write_state(self, writer: SnippetWriter) -> None:
        records = self.start.records
        at_ns = (writer.log_time(records[0]) if records
                 else self.start.draft.window.trigger.wall_ns)
        for held in self.start.state:
            self.latched.add(held.record.channel)
            writer.write((held.record,), at_ns)

    def append(self, records: Sequence[Record]) -> None:
        """Write more records."""
        assert self.writer is not None
        self.writer.write(records)

    def flush(self) -> None:
        """Have what was written outlive this process."""
        assert self.writer is not None
        self.writer.flush()

    def finish(self, end: End) -> Saved:
        """Complete the files and publish the folder."""
        assert self.writer is not None
        originals = tuple(
            LatchedInfo(self.sources[held.record.channel].topic, held.publisher.hex(),
                        held.record.source_ns, held.record.received_ns)
            for held in self.start.state)
        label = replace(end.label, latched=originals, topics=topic_infos(
            self.writer.written, end.lost, self.latched))
        folder = self.writer.path.parent
        whole = snippet_folder.complete(folder, self.writer, label)
        return Saved(whole, self.root.publish(folder))

    def abandon(self) -> None:
        """Let go of the file; its folder stays in staging for the next start."""
        if self.writer is not None:
            self.writer.abandon()


class SnippetStore:
    """Takes snippets from the recorder's loop and writes them in a thread of its own."""

    def __init__(self, data_dir: Path, sources: Mapping[int, Source], *, compression: str,
                 queue_bytes: int, min_free_bytes: int) -> None:
        """
        Start the thread; its first work is to clear up after a crash.

        :param sources: channels by number; grows while the store lives
        """
        self.root = SnippetRoot(data_dir)
        self.root.prepare()
        self._sources = sources
        self._compression = compression
        self._queue_bytes = queue_bytes
        self._min_free = min_free_bytes
        self._jobs: SimpleQueue[Start | Batch | End | None] = SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._open: dict[int, SnippetFile] = {}
        self._outcomes: deque[Outcome] = deque(maxlen=10_000)
        self._catalog = Catalog(data_dir / 'catalog.sqlite')
        self._stale = False
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
            if self._waiting + size > self._queue_bytes:
                return False
            self._waiting += size
        self._jobs.put(Batch(key, records, size))
        return True

    def end(self, end: End) -> None:
        """Complete a snippet."""
        self._jobs.put(end)

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
        self._tidy()
        flushed = time.monotonic()
        while True:
            try:
                job = self._jobs.get(timeout=FLUSH_EVERY_S)
                if job is _STOP:
                    break
                self._do(job)
            except Empty:
                pass
            if time.monotonic() - flushed >= FLUSH_EVERY_S:
                self._flush()
                flushed = time.monotonic()
        for one in self._open.values():
            one.abandon()
        self._catalog.close()

    def _tidy(self) -> None:
        """Clear up after a crash, or after the catalogue refused a row."""
        try:
            self._outcomes.extend(reconcile(self.root, self._catalog))
            self._stale = False
            self._measure()
        except (OSError, StorageError) as error:
            self._outcomes.append(Trouble(_because(error)))

    def _do(self, job: Start | Batch | End) -> None:
        try:
            if isinstance(job, Start):
                self._begin(job)
            elif isinstance(job, Batch):
                self._append(job)
            else:
                self._end(job)
        except (OSError, StorageError) as error:
            self._fail(job.key, error)

    def _begin(self, job: Start) -> None:
        one = SnippetFile(self.root, self._sources, self._compression, job)
        self._open[job.key] = one
        free = self.root.free_bytes()
        if free < self._min_free:
            raise StorageError(f'only {free >> 20} MiB are free, min_free_bytes asks for '
                               f'{self._min_free >> 20} MiB')
        one.begin()

    def _append(self, job: Batch) -> None:
        with self._lock:
            self._waiting -= job.bytes
        if job.key in self._open:
            self._open[job.key].append(job.records)

    def _end(self, job: End) -> None:
        one = self._open.get(job.key)
        if one is None:
            return  # it has failed and that was said
        saved = one.finish(job)
        del self._open[job.key]
        try:
            self._catalog.add(saved.path.name, saved.label)
        except StorageError as error:
            self._stale = True
            self._outcomes.append(Trouble(_because(error)))
        self._outcomes.append(saved)
        self._measure()

    def _fail(self, key: int, error: Exception) -> None:
        one = self._open.pop(key, None)
        if one is not None:
            one.abandon()
            self._outcomes.append(Failed(one.start.draft, _because(error)))

    def _flush(self) -> None:
        """Have a crash of this process lose no more than the last second."""
        for key, one in list(self._open.items()):
            try:
                one.flush()
            except OSError as error:
                self._fail(key, error)
        if self._stale and not self._open:
            self._tidy()
        self._measure()

    def _measure(self) -> None:
        try:
            self._outcomes.append(Room(len(self._catalog.names()), self.root.free_bytes()))
        except (OSError, StorageError):
            return  # said already by whoever needed the disk


def _because(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
