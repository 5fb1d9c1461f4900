"""One snippet on its way to the disk, each step a method; knows nothing of threads."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flywheel_nodes.core.recording.label import Label, LatchedInfo
from flywheel_nodes.core.recording.latched import Held
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import durable, snippet_folder
from flywheel_nodes.effects.recording.snippet_folder import Form, MCAP, SnippetRoot
from flywheel_nodes.effects.recording.snippet_writer import (
    SnippetWriter,
    Source,
    topic_infos,
    unheard,
)


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
    """
    A snippet is over: its label but for what only the file tells.

    missing: messages left behind, by channel and place; unsure: channels of which nobody can tell.
    """

    key: int
    label: Label
    missing: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    unsure: Collection[int] = ()


@dataclass(frozen=True)
class Discard:
    """A snippet is over and not wanted: the episode that it records had another outcome."""

    key: int
    draft: Label
    outcome: str


@dataclass(frozen=True)
class Discarded:
    """It has been deleted."""

    draft: Label
    outcome: str


@dataclass(frozen=True)
class Saved:
    """A snippet is on the disk, in the catalogue, and will survive."""

    label: Label
    path: Path


@dataclass
class SnippetFile:
    """One snippet on its way to the disk."""

    root: SnippetRoot
    sources: Mapping[int, Source]
    compression: str
    start: Start
    form: Form = MCAP
    latched: set[int] = field(default_factory=set)
    originals: list[LatchedInfo] = field(default_factory=list)
    writer: SnippetWriter | None = None

    def begin(self) -> None:
        """Make the folder and the file; what came before the trigger survives from then on."""
        draft = self.start.draft
        trigger = draft.window.trigger
        folder = self.root.stage(draft.name, draft)
        self.writer = SnippetWriter(folder / f'{draft.name}.mcap', self.sources,
                                    self.compression, trigger.wall_ns - trigger.mono_ns)
        durable.sync_folder(folder)  # a power cut leaves the file where a recovery looks for it
        self._write_state(self.writer)
        self.writer.write(self.start.records)
        self.writer.flush()
        # What is on the disk need not stay in memory, where the ring is bounded.
        self.start = replace(self.start, state=(), records=())

    def _write_state(self, writer: SnippetWriter) -> None:
        records = self.start.records
        # Read one after another, the clocks may order the first messages differently.
        at_ns = min(map(writer.log_time, records),
                    default=self.start.draft.window.trigger.wall_ns)
        for held in self.start.state:
            record = held.record
            self.latched.add(record.channel)
            self.originals.append(LatchedInfo(
                self.sources[record.channel].topic, held.publisher.hex(), record.source_ns,
                record.received_ns))
            writer.write((record,), at_ns)

    def append(self, records: Sequence[Record]) -> None:
        """Write more records."""
        assert self.writer is not None
        self.writer.write(records)

    def flush(self) -> None:
        """Have what was written outlive this process and a power cut."""
        assert self.writer is not None
        self.writer.flush()

    def finish(self, end: End) -> Saved:
        """Complete the files and publish the folder."""
        assert self.writer is not None
        topics = topic_infos(self.writer.written, end.missing, end.unsure, self.latched)
        topics = {**unheard(self.sources, end.missing, end.unsure), **topics}
        label = replace(end.label, latched=tuple(self.originals), topics=topics)
        folder = self.writer.path.parent
        whole = snippet_folder.complete(folder, self.writer, label, self.form)
        return Saved(whole, self.root.publish(folder))

    def abandon(self) -> None:
        """Let go of the file; its folder stays in staging until it is recovered."""
        if self.writer is not None:
            self.writer.abandon()
