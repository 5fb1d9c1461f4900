"""Snippets in sqlite3 storage, read by rosbags."""

from pathlib import Path

import pytest
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
import yaml

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording import msgdefs, sqlite_storage
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import Fate, reconcile
from flywheel_nodes.effects.recording.snippet_file import End, SnippetFile, Start
from flywheel_nodes.effects.recording.snippet_folder import (
    broken,
    Form,
    LABEL,
    METADATA,
    read_label,
    SnippetRoot,
    STATE,
)
from test.effects.recording.snippets import label, record, records, SOURCES, text

SQLITE = Form('sqlite3', State())


def begun(data_dir: Path) -> SnippetFile:
    root = SnippetRoot(data_dir)
    root.prepare()
    one = SnippetFile(root, SOURCES, 'zstd', Start(1, label(), (), records(100)), SQLITE)
    one.begin()
    one.append([record(10**9, text('x'), channel=2)])
    return one


def read(folder: Path) -> list[tuple[str, int, bytes]]:
    with AnyReader([folder]) as reader:
        return [(one.topic, at, bytes(data)) for one, at, data in reader.messages()]


SENT = [('/r1/joint_states', one.received_ns, one.data) for one in records(100)] + [
    ('/tf_static', record(10**9, b'').received_ns, text('x'))]


def test_rosbags_reads_equal_bytes_types_and_qos(tmp_path: Path) -> None:
    saved = begun(tmp_path).finish(End(1, label()))
    assert read(saved.path) == SENT
    assert broken(saved.path, saved.label) == ''
    assert sorted(path.name for path in saved.path.iterdir()) == sorted(
        [f'{saved.path.name}.db3', METADATA, LABEL, STATE])
    with Reader(saved.path) as reader:
        static = next(one for one in reader.connections if one.topic == '/tf_static')
        assert static.digest == msgdefs.type_hash('std_msgs/msg/String')
        assert static.msgdef.data == msgdefs.definition('std_msgs/msg/String')
        assert [one.durability.name for one in static.ext.offered_qos_profiles] == [
            'TRANSIENT_LOCAL', 'VOLATILE']
    info = yaml.safe_load((saved.path / METADATA).read_text())['rosbag2_bagfile_information']
    assert (info['storage_identifier'], info['message_count']) == ('sqlite3', 101)
    assert info['custom_data']['id'] == label().id


def test_a_crash_before_the_end_loses_no_more_than_with_mcap(tmp_path: Path) -> None:
    one = begun(tmp_path)
    one.flush()
    one.abandon()
    folder = one.root.staging / label().name
    (folder / folder.name).mkdir()  # a conversion had begun
    (folder / folder.name / f'{folder.name}.db3').write_bytes(b'half')
    catalog = Catalog(tmp_path / 'catalog.sqlite')
    (found,) = reconcile(one.root, catalog, SQLITE)
    catalog.close()
    assert found.fate is Fate.RECOVERED
    assert read(found.path) == SENT
    assert broken(found.path, read_label(found.path)) == ''


def test_a_file_that_does_not_read_is_not_half_converted(tmp_path: Path) -> None:
    one = begun(tmp_path)
    one.flush()
    one.abandon()
    assert one.writer is not None
    with pytest.raises(StorageError, match='torn'):
        sqlite_storage.convert(one.writer.path, '')
    assert not one.writer.path.with_suffix('.db3').exists()
