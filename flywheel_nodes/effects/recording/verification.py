"""Checks a snippet as a whole: folder, label, state, hashes, and every message of its file."""

from collections.abc import Iterator
import json
from pathlib import Path

from mcap.records import Channel, Footer, Message, Metadata
from mcap.stream_reader import StreamReader
import yaml

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.audit import Audit, of_metadata, problems
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.wording import count
from flywheel_nodes.effects.recording.salvage import TORN as UNREADABLE_MCAP
from flywheel_nodes.effects.recording.snippet_folder import (
    damages,
    DRAFT,
    LABEL_RECORD,
    METADATA,
    read_label,
    read_state,
)
from flywheel_nodes.effects.recording.snippet_reader import open_bag

# Ten times as fast, where PyYAML was built with it.
_Loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
GONE = 'it is gone: a recorder made room, or somebody removed it'


def verify(folder: Path) -> list[str]:
    """Return everything that is wrong with a snippet, one line each; nothing when it is whole."""
    try:
        label = read_label(folder)
        return [*_beside(folder, label), *damages(folder, label), *_content(folder, label)]
    except StorageError as error:
        return [str(error)]
    except OSError as error:
        return [f'it cannot be read: {error.strerror}' if folder.is_dir() else GONE]


def _beside(folder: Path, label: Label) -> Iterator[str]:
    if folder.name != label.name:
        yield f'the label is that of {label.name}'
    damage = read_state(folder).damage
    if damage:
        yield f'its state cannot be read: {damage}'
    if (folder / DRAFT).exists():
        yield f'{DRAFT} is left over'


def _content(folder: Path, label: Label) -> Iterator[str]:
    files = sorted(one.name for one in folder.iterdir() if one.suffix in ('.mcap', '.db3'))
    try:
        audit = _audit_mcap(folder / files[0]) if files and files[0].endswith('.mcap') \
            else _audit_bag(folder)
    except StorageError as error:
        yield str(error)
        return
    yield from problems(label, audit)
    try:
        content = yaml.load((folder / METADATA).read_text(encoding='utf-8'), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        yield f'{METADATA} cannot be read: {" ".join(str(error).split())}'
        return
    yield from of_metadata(content, audit, files)


def _audit_mcap(path: Path) -> Audit:
    """Read a file from start to end, chunk CRCs included."""
    audit, channels = Audit(), dict[int, str]()
    with path.open('rb') as file:
        try:
            for record in StreamReader(file, validate_crcs=True).records:
                if isinstance(record, Message):
                    audit.note(channels[record.channel_id], record.log_time, record.sequence,
                               len(record.data))
                elif isinstance(record, Channel):
                    channels[record.id] = record.topic
                elif isinstance(record, Metadata) and record.name == LABEL_RECORD:
                    audit.inner = _inner(record)
                elif isinstance(record, Footer):
                    audit.indexed = record.summary_start != 0
        except UNREADABLE_MCAP as error:
            raise StorageError(f'{path.name} is damaged after {count(audit.messages, "message")}: '
                               f'{str(error) or type(error).__name__}') from None
    return audit


def _inner(record: Metadata) -> str:
    try:
        return str(json.loads(record.metadata['label'])['id'])
    except (ValueError, KeyError, TypeError):
        return 'nobody'


def _audit_bag(folder: Path) -> Audit:
    """Read a bag of another storage; it tells no sequence numbers."""
    audit = Audit()
    with open_bag(folder) as bag:
        for number, message in enumerate(bag.messages()):
            audit.note(message.topic, message.log_ns, number, len(message.data))
    for seen in audit.topics.values():
        seen.missing = None
    return audit
