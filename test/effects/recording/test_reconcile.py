"""Whatever happened to the process: afterwards each snippet is whole, recovered or set aside."""

from collections.abc import Iterator
from dataclasses import replace
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
import pytest

from flywheel_nodes.core.recording.label import EventInfo, to_json
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import Fate, Found, MOST_QUARANTINED, reconcile
from flywheel_nodes.effects.recording.snippet_folder import (
    broken,
    DRAFT,
    read_label,
    read_state,
    REASON,
    SnippetRoot,
)
from flywheel_nodes.effects.recording.snippet_store import SnippetFile, Start
from flywheel_nodes.effects.recording.verification import verify
from test.effects.recording.crashes import KEPT, SIZE
from test.effects.recording.snippets import label, records, SOURCES

ROOT = Path(__file__).resolve().parents[3]
WHOLE = [one.data for one in records(SIZE)]


def settle(data_dir: Path) -> list[Found]:
    catalog = Catalog(data_dir / 'catalog.sqlite')
    root = SnippetRoot(data_dir)
    found = reconcile(root, catalog)
    assert catalog.names() == [folder.name for folder in root.published()]
    assert root.staged() == []
    catalog.close()
    return found


def payloads(folder: Path) -> list[bytes]:
    with (folder / f'{folder.name}.mcap').open('rb') as file:
        messages = make_reader(file, validate_crcs=True).iter_messages()
        return [message.data for _, _, message in messages]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in memory, where there is one: the runs are many, and fsync takes time."""
    if not os.access('/dev/shm', os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir='/dev/shm', prefix='flywheel-test-') as folder:
        yield Path(folder)


def crashes(folder: Path, *how: str) -> list[Path]:
    """Return the data directories of runs that were killed."""
    done = subprocess.run(
        [sys.executable, '-m', 'test.effects.recording.crashes', how[0], str(folder), *how[1:]],
        cwd=ROOT, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [folder / str(n) for n in range(1, int(done.stdout) + 1)]


def check(data_dir: Path) -> set[Fate]:
    """Settle what a killed run left; nothing announced is lost, nothing half is shown."""
    file = data_dir / 'announced'
    announced = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    fates = {found.fate for found in settle(data_dir)}
    root = SnippetRoot(data_dir)
    published = {folder.name: folder for folder in root.published()}
    newest = sorted({*published, *(name for name, _ in announced)})[-KEPT:]
    assert set(newest) <= set(published)
    for name, sha256 in announced:
        if name in published:  # else it has made room for newer ones
            assert read_label(published[name]).files[0].sha256 == sha256
    for folder in published.values():
        label = read_label(folder)
        assert not broken(folder, label) and not read_state(folder).damage
        got = payloads(folder)
        assert got == WHOLE[:label.messages]
        assert len(got) == len(WHOLE) or label.recovered
    for folder in root.quarantine.iterdir():
        assert (folder / REASON).read_text().strip()
    assert list(root.trash.iterdir()) == []
    assert settle(data_dir) == []
    return fates


def test_killed_at_any_step_nothing_announced_is_lost_and_nothing_half_is_shown(
        memory: Path) -> None:
    runs = crashes(memory, 'steps')
    assert len(runs) > 80  # that many steps change the disk
    fates = set().union(*map(check, runs))
    assert fates == set(Fate) - {Fate.LEFT}
    assert len((runs[-1] / 'announced').read_text().splitlines()) == KEPT + 1


def test_killed_at_any_time_nothing_announced_is_lost_and_nothing_half_is_shown(
        memory: Path) -> None:
    for data_dir in crashes(memory, 'random', '200'):
        check(data_dir)


def staged(data_dir: Path, size: int = 300) -> Path:
    """Leave a snippet as a crash leaves it, with everything written so far in its file."""
    root = SnippetRoot(data_dir)
    root.prepare()
    one = SnippetFile(root, SOURCES, 'none', Start(1, label(), (), ()))
    one.begin()
    for first in range(0, size, 50):
        one.append(records(50, first))
        one.flush()
    one.abandon()
    (folder,) = root.staged()
    return folder / f'{folder.name}.mcap'


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_file_torn_anywhere_gives_what_came_before(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        torn = staged(Path(place))
        size = torn.stat().st_size
        keep = data.draw(st.integers(0, size))
        os.truncate(torn, keep)
        if data.draw(st.booleans()) and keep:
            damaged = bytearray(torn.read_bytes())
            damaged[data.draw(st.integers(0, keep - 1))] ^= 0x40
            torn.write_bytes(bytes(damaged))
        (found,) = settle(Path(place))
        if found.fate is Fate.QUARANTINED:
            assert found.reason
            return
        got = payloads(found.path)
        whole = iter([one.data for one in records(300)])
        assert all(one in whole for one in got)  # in order, each once
        assert f'{len(got)} messages' in read_label(found.path).recovered


def test_a_recovered_snippet_is_whole_and_says_so(tmp_path: Path) -> None:
    torn = staged(tmp_path)
    os.truncate(torn, torn.stat().st_size - 3000)
    (found,) = settle(tmp_path)
    assert found.fate is Fate.RECOVERED
    assert verify(found.path) == []
    assert read_label(found.path).id == label().id
    assert len(payloads(found.path)) == 250
    assert not list(found.path.glob('*.torn'))


def test_killed_in_its_first_second_a_snippet_has_its_pre_roll(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    one = SnippetFile(root, SOURCES, 'zstd', Start(1, label(), (), records(SIZE)))
    one.begin()
    one.append(records(50, SIZE))
    one.abandon()
    (found,) = settle(tmp_path)
    assert found.fate is Fate.RECOVERED
    assert payloads(found.path) == WHOLE
    assert verify(found.path) == []


def test_a_folder_without_anything_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    (root.staging / 'x_0').mkdir()
    (found,) = settle(tmp_path)
    assert found.fate is Fate.QUARANTINED
    assert (root.quarantine / 'x_0' / REASON).read_text() == found.reason + '\n'


def test_a_draft_that_nobody_can_write_about_is_set_aside_and_the_others_settled(
        tmp_path: Path) -> None:
    torn = staged(tmp_path)
    event = EventInfo('e', 'estop_pressed', 'warn', 'x', 'x', 10**400, 0)
    (torn.parent / DRAFT).write_text(to_json(replace(label(), events=(event,))))
    (SnippetRoot(tmp_path).staging / 'x_0').mkdir()
    fates = {found.name: found for found in settle(tmp_path)}
    assert {found.fate for found in fates.values()} == {Fate.QUARANTINED} and len(fates) == 2
    assert 'OverflowError' in fates[torn.parent.name].reason


def test_the_quarantine_is_bounded(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    for number in range(MOST_QUARANTINED + 2):
        (root.staging / f'{number:03d}_0').mkdir()
    fates = [found.fate for found in settle(tmp_path)]
    assert fates.count(Fate.REMOVED) == 2
    left = sorted(folder.name for folder in root.quarantine.iterdir())
    assert left == [f'{number:03d}_0' for number in range(2, MOST_QUARANTINED + 2)]


def test_a_catalogue_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    staged(tmp_path)
    (tmp_path / 'catalog.sqlite').write_bytes(b'not a database' * 100)
    (found,) = settle(tmp_path)
    assert found.fate is Fate.RECOVERED
