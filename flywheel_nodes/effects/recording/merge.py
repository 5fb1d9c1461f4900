"""One bag out of several snippets, in order of log time, each message once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from hashlib import blake2b
import heapq
import os
from pathlib import Path
import shutil
import struct
import time
from typing import NamedTuple

from mcap.reader import make_reader

from flywheel_nodes import __version__
from flywheel_nodes.core import ids
from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording import merging
from flywheel_nodes.core.recording.label import Label, Provenance
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording import durable, snippet_folder
from flywheel_nodes.effects.recording.recorded_qos import offers_of_text
from flywheel_nodes.effects.recording.salvage import Salvaged, TORN
from flywheel_nodes.effects.recording.snippet_folder import Form
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter, topic_infos

_KEY = struct.Struct('<QI')


class Piece(NamedTuple):
    """A message of one of the sources."""

    log_ns: int
    source: int
    topic: str
    type: str
    record: Record


class Merge:
    """Reads the sources side by side; nothing but the digests of messages is held in memory."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read the labels; raises StorageError for snippets of different robots."""
        self.folders = folders
        self.labels = [snippet_folder.read_label(folder) for folder in folders]
        robots = {(one.robot.name, one.robot.namespace) for one in self.labels}
        if len(robots) > 1:
            told = ' and '.join(sorted(name for name, _ in robots))
            raise StorageError(f'these are snippets of {told}: only those of one robot merge')
        self.channels: dict[int, Salvaged] = {}
        self.dropped = 0
        self._numbers: dict[tuple[str, str], int] = {}

    def write(self, out: Path, progress: Callable[[int], None]) -> Label:
        """
        Make the folder of the merge; it is seen whole or not at all.

        :param progress: called with the number of messages so far
        :raises StorageError: when a source is damaged or the disk refuses
        """
        draft = out.with_name(f'.{out.name}.new')
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            label = self._write(draft, out.name, progress)
            draft.rename(out)
            durable.sync_folder(out.parent)
        except OSError as error:
            raise StorageError(f'{out}: {error.strerror or error}') from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return label

    def _write(self, folder: Path, name: str, progress: Callable[[int], None]) -> Label:
        identifier = ids.uuid7(time.time_ns(), os.urandom(10))
        label = merging.merged(self.labels, identifier, name, Provenance(__version__))
        writer = SnippetWriter(folder / f'{name}.mcap', self.channels, 'zstd', 0)
        try:
            for number, piece in enumerate(self._pieces()):
                progress(number)
                writer.write((piece.record,))
            infos = merging.topics(self.labels, topic_infos(writer.written))
            return snippet_folder.complete(folder, writer, replace(label, topics=infos),
                                           Form(state=State(judged=self._judged())))
        finally:
            writer.abandon()  # does nothing to a file that is complete

    def _judged(self) -> dict[str, bool]:
        """Return what is known of how the policy fared after the sources' interventions."""
        found: dict[str, bool] = {}
        for folder in self.folders:
            found |= snippet_folder.read_state(folder).judged
        return found

    def _pieces(self) -> Iterator[Piece]:
        """Yield the messages of all sources in order, each that several of them hold once."""
        seen: dict[bytes, int] = {}
        with ExitStack() as stack:
            readers = [self._read(number, folder, stack)
                       for number, folder in enumerate(self.folders)]
            for piece in heapq.merge(*readers, key=lambda one: one.log_ns):
                if seen.setdefault(_digest(piece), piece.source) == piece.source:
                    yield piece
                else:
                    self.dropped += 1

    def _read(self, number: int, folder: Path, stack: ExitStack) -> Iterator[Piece]:
        path = next(iter(sorted(folder.glob('*.mcap'))), None)
        if path is None:
            raise StorageError(f'{folder.name} has no MCAP file: only those merge')
        file = stack.enter_context(path.open('rb'))
        try:
            for schema, channel, message in make_reader(
                    file, validate_crcs=True).iter_messages():
                kind = schema.name if schema else ''
                at = self._channel(channel.topic, kind, channel.metadata)
                record = Record(at, message.log_time, message.log_time, message.publish_time,
                                message.sequence, message.data)
                yield Piece(message.log_time, number, channel.topic, kind, record)
        except TORN as error:
            raise StorageError(f'{path.name} is damaged: {str(error) or type(error).__name__}: '
                               'run `flywheel snippets verify`') from None

    def _channel(self, topic: str, kind: str, metadata: dict[str, str]) -> int:
        """Return one number for a topic of all sources."""
        key = topic, kind
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self.channels[self._numbers[key]] = Salvaged(
                topic, kind, metadata.get('topic_type_hash', ''),
                offers_of_text(metadata.get('offered_qos_profiles', '')))
        return self._numbers[key]


def _digest(piece: Piece) -> bytes:
    found = blake2b(_KEY.pack(piece.record.source_ns, piece.record.sequence), digest_size=16)
    found.update(f'{piece.topic}\0{piece.type}\0'.encode())
    found.update(piece.record.data)
    return found.digest()
