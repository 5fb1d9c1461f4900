"""
Where snippets lie, and how one gets there.

A snippet grows in snippets/.staging/NAME and is renamed to snippets/NAME once everything in it is
on the disk: whoever sees snippets/NAME sees a whole snippet, whatever happened.
"""

from dataclasses import replace
from datetime import datetime, timezone
import json
from pathlib import Path
import re
import shutil

from flywheel_nodes.core.errors import StorageError, WireError
from flywheel_nodes.core.ids import short
from flywheel_nodes.core.recording.label import FileInfo, from_json, Label, to_json
from flywheel_nodes.effects.recording import durable
from flywheel_nodes.effects.recording.bag_metadata import to_yaml
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter

LABEL = 'snippet.json'
DRAFT = 'draft.json'
STATE = 'state.json'
METADATA = 'metadata.yaml'
REASON = 'reason.txt'
_STATE = {'schema': 'flywheel.snippet_state/1', 'pinned': False, 'uploaded': False,
          'redacted': False}


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

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.path, self.staging, self.quarantine):
            folder.mkdir(parents=True, exist_ok=True)

    def published(self) -> list[Path]:
        """Return the folders of whole snippets, the oldest first."""
        return self._folders(self.path)

    def staged(self) -> list[Path]:
        """Return the folders of snippets that are not whole."""
        return self._folders(self.staging)

    def _folders(self, within: Path) -> list[Path]:
        if not within.is_dir():
            return []
        return sorted(p for p in within.iterdir() if p.is_dir() and not p.name.startswith('.'))

    def stage(self, name: str, draft: Label) -> Path:
        """Begin a snippet: make its folder and leave what is known of it for a recovery."""
        folder = self.staging / name
        folder.mkdir()
        durable.write_text(folder / DRAFT, to_json(draft))
        return folder

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

    def free_bytes(self) -> int:
        """Return the space that is left on the disk."""
        return shutil.disk_usage(self.path).free


def complete(folder: Path, writer: SnippetWriter, label: Label) -> Label:
    """
    End a staged snippet's file and write what stands beside it; everything is on the disk then.

    :param label: without files
    :return: the label as it was written
    """
    custom = summary(label)
    digest, size = writer.finish(to_json(label), custom)
    durable.write_text(folder / METADATA, to_yaml(writer.metadata(custom)))
    metadata = folder / METADATA
    whole = replace(label, files=(
        FileInfo(writer.path.name, digest, size),
        FileInfo(METADATA, durable.sha256(metadata), metadata.stat().st_size)))
    durable.write_text(folder / STATE, json.dumps(_STATE, indent=1) + '\n')
    durable.write_text(folder / LABEL, to_json(whole))
    (folder / DRAFT).unlink(missing_ok=True)
    return whole


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


def broken(folder: Path, label: Label) -> str:
    """Return what is wrong with the files of a snippet, '' when all hashes hold."""
    for file in label.files:
        path = folder / Path(file.path).name
        if not path.is_file():
            return f'{file.path} is missing'
        if path.stat().st_size != file.bytes or durable.sha256(path) != file.sha256:
            return f'{file.path} is not what the label says'
    return '' if label.files else 'the label names no files'
