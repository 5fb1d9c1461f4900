"""
Where snippets lie, and how one gets there.

A snippet grows in snippets/.staging/NAME and is renamed to snippets/NAME once everything in it is
on the disk: whoever sees snippets/NAME sees a whole snippet, whatever happened. One that leaves
goes through snippets/.trash/NAME for the same reason.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
import re
import shutil

from flywheel_nodes.core.errors import StorageError, WireError
from flywheel_nodes.core.ids import short
from flywheel_nodes.core.recording import state as states
from flywheel_nodes.core.recording.label import FileInfo, from_json, Label, to_json
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording import durable, sqlite_storage
from flywheel_nodes.effects.recording.bag_metadata import inner_yaml, to_yaml
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter

LABEL = 'snippet.json'
DRAFT = 'draft.json'
STATE = 'state.json'
METADATA = 'metadata.yaml'
REASON = 'reason.txt'
LABEL_RECORD = 'flywheel.snippet'
EVENTS_RECORD = 'flywheel.events'


def snippet_name(wall_ns: int, robot: str, trigger: str, identifier: str) -> str:
    """Return a snippet's folder name; the _0 is what `ros2 bag reindex` looks for."""
    stamp = datetime.fromtimestamp(wall_ns // 10**9, timezone.utc).strftime('%Y-%m-%dT%H-%M-%SZ')
    words = (re.sub(r'[^A-Za-z0-9.-]+', '-', word).strip('.-') or 'x' for word in (robot, trigger))
    return '_'.join((stamp, *words, short(identifier), '0'))


class SnippetRoot:
    """DATA_DIR/snippets."""

    def __init__(self, data_dir: Path) -> None:
        """Name the folders."""
        self.path = data_dir / 'snippets'
        self.staging = self.path / '.staging'
        self.quarantine = self.path / '.quarantine'
        self.trash = self.path / '.trash'

    def prepare(self) -> None:
        """Make the folders that are not there; a power cut does not take them again."""
        for folder in (self.path, self.staging, self.quarantine, self.trash):
            durable.make_folder(folder)

    def published(self) -> list[Path]:
        """Return the folders of whole snippets, the oldest first."""
        return self._folders(self.path)

    def staged(self) -> list[Path]:
        """Return the folders of snippets that are not whole."""
        return self._folders(self.staging)

    def quarantined(self) -> list[Path]:
        """Return the folders in quarantine, the oldest first."""
        return self._folders(self.quarantine)

    def trashed(self) -> list[Path]:
        """Return the folders of snippets whose removal has begun."""
        return self._folders(self.trash)

    def _folders(self, within: Path) -> list[Path]:
        if not within.is_dir():
            return []
        # A link is somebody's own way to a snippet, which is to be found at its own place.
        return sorted(p for p in within.iterdir()
                      if p.is_dir() and not p.name.startswith('.') and not p.is_symlink())

    def stage(self, name: str, draft: Label) -> Path:
        """Begin a snippet: make its folder and leave what is known of it for a recovery."""
        folder = self.staging / name
        folder.mkdir()
        durable.write_text(folder / DRAFT, to_json(draft))
        durable.sync_folder(self.staging)
        return folder

    def redraft(self, label: Label) -> None:
        """Leave what is known by now for a recovery; where the disk refuses, the draft stays."""
        with suppress(OSError):
            durable.replace_text(self.staging / label.name / DRAFT, to_json(label))

    def publish(self, folder: Path) -> Path:
        """Make a whole staged snippet visible; never over another one."""
        target = self.path / folder.name
        if target.exists():
            raise StorageError(f'{target} exists already: it is not overwritten')
        durable.sync_folder(folder)
        folder.rename(target)
        durable.sync_folder(self.path)
        return target

    def set_aside(self, folder: Path, reason: str) -> Path:
        """Move what cannot be made whole into quarantine, with the reason beside it."""
        target = self.quarantine / folder.name
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
        durable.write_text(target / REASON, reason + '\n')
        return target

    def discard(self, name: str) -> Path:
        """Begin to remove a published snippet: nobody sees it any more."""
        target = self.trash / name
        (self.path / name).rename(target)
        durable.sync_folder(self.path)
        return target

    def drop(self, name: str) -> Path:
        """Begin to remove a staged snippet: no start will recover it."""
        target = self.trash / name
        (self.staging / name).rename(target)
        durable.sync_folder(self.staging)
        return target

    def restore(self, folder: Path) -> Path:
        """Take back what erase() has not touched yet."""
        target = self.path / folder.name
        folder.rename(target)
        durable.sync_folder(self.path)
        return target

    def free_bytes(self) -> int:
        """Return the space that is left on the disk."""
        return shutil.disk_usage(self.path).free


def size(folder: Path) -> int:
    """Return the bytes that a snippet takes, 0 when it is gone."""
    try:
        return sum(one.stat().st_size for one in folder.iterdir() if one.is_file())
    except OSError:
        return 0


def erase(folder: Path) -> None:
    """End a removal; the label goes first, so that the rest is never taken for a snippet."""
    if folder.is_symlink():
        folder.unlink()
        return
    (folder / LABEL).unlink(missing_ok=True)
    shutil.rmtree(folder)


@dataclass(frozen=True)
class Form:
    """How a snippet is completed: rosbag2's name of the storage, and the state it begins with."""

    storage: str = 'mcap'
    state: State = states.NEW


MCAP = Form()


def complete(folder: Path, writer: SnippetWriter, label: Label, form: Form = MCAP) -> Label:
    """
    End a staged snippet's file and write what stands beside it; everything is on the disk then.

    :param label: without files
    :return: the label as it was written
    """
    custom = summary(label)
    digest, size = writer.finish(notes(label), custom)
    file = FileInfo(writer.path.name, digest, size)
    if form.storage == 'sqlite3':
        content = writer.metadata(custom, f'{folder.name}.db3')
        file = sqlite_storage.convert(writer.path, inner_yaml(content))
    metadata = folder / METADATA
    durable.write_text(metadata, to_yaml(writer.metadata(custom, file.path)))
    beside = FileInfo(METADATA, durable.sha256(metadata), metadata.stat().st_size)
    whole = replace(label, files=(file, beside))
    durable.write_text(folder / STATE, states.to_json(form.state))
    durable.write_text(folder / LABEL, to_json(whole))
    tidy(folder, whole)
    return whole


def tidy(folder: Path, label: Label) -> None:
    """Remove what a whole snippet has left behind on its way."""
    keep = {LABEL, STATE, *(file.path for file in label.files)}
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in keep:
            path.unlink()


def notes(label: Label) -> dict[str, dict[str, str]]:
    """Return the metadata records by which a lone storage file explains itself."""
    start = label.window.trigger.wall_ns
    events = {f'{number:04d} {(one.wall_ns - start) / 1e9:+.3f} s {one.name}': one.sentence
              for number, one in enumerate(label.events)}
    return {LABEL_RECORD: {**summary(label), 'label': to_json(label)}, EVENTS_RECORD: events}


def summary(label: Label) -> dict[str, str]:
    """Return what `ros2 bag info` shall show of a label."""
    reasons = ','.join(i.reason for i in label.interventions if i.reason)
    return {'schema': label.schema, 'id': label.id, 'robot': label.robot.name,
            'trigger': label.trigger, 'policy': label.policy.name if label.policy else '',
            'episode': label.episode.id if label.episode else '', 'reasons': reasons,
            'recovered': label.recovered}


def read_label(folder: Path) -> Label:
    """Read a snippet's label; raises StorageError with one line where there is none."""
    path = folder / LABEL if folder.is_dir() else folder
    try:
        return from_json(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, WireError) as error:
        raise StorageError(f'{path}: {error}') from None


def read_draft(folder: Path) -> Label:
    """Read what was known of a staged snippet when it began."""
    return read_label(folder / DRAFT)


def read_state(folder: Path) -> State:
    """Read a snippet's state; one that cannot be read is as good as pinned, see its damage."""
    path = folder / STATE
    try:
        return states.from_json(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, WireError) as error:
        return states.unreadable(f'{path}: {error}')


def pinned(folder: Path) -> bool:
    """Tell whether somebody has pinned a snippet for sure, also one that need not have a state."""
    state = read_state(folder)
    return state.pinned and not state.damage


def write_state(folder: Path, state: State) -> None:
    """Replace a snippet's state; it is on the disk then. Raises OSError."""
    durable.replace_text(folder / STATE, states.to_json(state))


def broken(folder: Path, label: Label) -> str:
    """Return what is wrong with the files of a snippet first, '' when all hashes hold."""
    return next(damages(folder, label), '')


def damages(folder: Path, label: Label) -> Iterator[str]:
    """Compare each file of a snippet with its size and hash in the label; yield what differs."""
    for file in label.files:
        path = folder / Path(file.path).name
        if not path.is_file():
            yield f'{file.path} is missing'
        elif path.stat().st_size != file.bytes:
            yield f'{file.path} has {path.stat().st_size:,} bytes, the label says {file.bytes:,}'
        elif durable.sha256(path) != file.sha256:
            yield f'{file.path} is not what its hash says'
    if not label.files:
        yield 'the label names no files'
