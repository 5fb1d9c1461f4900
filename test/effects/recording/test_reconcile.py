"""Whatever happened to the process: afterwards each snippet is whole, recovered or set aside."""

from collections.abc import Iterator
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import Fate, Found, reconcile
from flywheel_nodes.effects.recording.snippet_folder import read_label, REASON, SnippetRoot
from flywheel_nodes.effects.recording.snippet_store import SnippetFile, Start
from test.effects.recording.snippets import label, records, SOURCES

ROOT = Path(__file__).resolve().parents[3]


def settle(data_dir: Path) -> list[Found]:
    catalog = Catalog(data_dir / 'catalog.sqlite')
    root = SnippetRoot(data_dir)
    found = reconcile(root, catalog)
    assert catalog.names() == [folder.name for folder in root.published()]
    assert root.staged() == []
    catalog.close()
    return found


def payloads(folder: Path) -> list[bytes]:
    with snippet_reader.open_bag(folder) as bag:
        return [message.data for message in bag.messages()]


@pytest.fixture(scope='module')
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """Yield the data directories of runs that were killed, one at each step."""
    folder = tmp_path_factory.mktemp('crashes')
    done = subprocess.run(
        [sys.executable, '-m', 'test.effects.recording.crashes', str(folder)], cwd=ROOT,
        text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    yield [folder / str(n) for n in range(1, int(done.stdout) + 1)]


def test_killed_at_any_step_nothing_announced_is_lost_and_nothing_half_is_shown(
        crashed: list[Path]) -> None:
    assert len(crashed) > 60  # that many steps change the disk
    whole = [one.data for one in records(200)]
    fates = set()
    for data_dir in crashed:
        announced = (data_dir / 'announced').read_text().split()
        fates |= {found.fate for found in settle(data_dir)}
        root = SnippetRoot(data_dir)
        names = [folder.name for folder in root.published()]
        assert set(announced) <= set(names)
        for folder in root.published():
            assert snippet_reader.wrong(folder) == ''
            got = payloads(folder)
            assert got == whole[:len(got)]
            assert len(got) == 200 or read_label(folder).recovered
        for folder in root.quarantine.iterdir():
            assert (folder / REASON).read_text().strip()
        assert settle(data_dir) == []
    assert len(announced) == 2
    assert fates == set(Fate)


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
    assert snippet_reader.wrong(found.path) == ''
    assert read_label(found.path).id == label().id
    assert len(payloads(found.path)) == 250
    assert not list(found.path.glob('*.torn'))


def test_a_folder_without_anything_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    (root.staging / 'x_0').mkdir()
    (found,) = settle(tmp_path)
    assert found.fate is Fate.QUARANTINED
    assert (root.quarantine / 'x_0' / REASON).read_text() == found.reason + '\n'


def test_a_catalogue_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    staged(tmp_path)
    (tmp_path / 'catalog.sqlite').write_bytes(b'not a database' * 100)
    (found,) = settle(tmp_path)
    assert found.fate is Fate.RECOVERED
