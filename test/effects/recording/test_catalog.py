from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import EpisodeInfo, FileInfo, InterventionInfo
from flywheel_nodes.core.recording.retention import Kept
from flywheel_nodes.core.recording.state import NEW, State, Upload
from flywheel_nodes.effects.recording.catalog import Catalog, Totals
from test.effects.recording.snippets import label, WALL

PENDING = State(upload=Upload.PENDING)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / 'catalog.sqlite')
    yield made
    made.close()


def rows(path: Path, columns: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path / 'catalog.sqlite')) as base:
        return base.execute(f'SELECT {columns} FROM snippets ORDER BY name').fetchall()


def test_what_decides_about_a_removal_is_in_the_rows(catalog: Catalog) -> None:
    one = replace(label(1), files=(FileInfo('a', '', 40), FileInfo('b', '', 2)), priority=7)
    catalog.add('a_0', one, PENDING)
    assert catalog.kept() == [Kept('a_0', 42, WALL, 7, PENDING)]
    catalog.set_state('a_0', State(pinned=True, damage='torn'))
    assert catalog.kept() == [Kept('a_0', 42, WALL, 7, State(pinned=True, damage='torn'))]
    assert catalog.totals() == Totals(1, 42, WALL, 1)
    catalog.remove('a_0')
    assert (catalog.names(), catalog.totals()) == ([], Totals(0, 0, 0, 0))


def test_what_one_looks_for_is_in_the_rows(catalog: Catalog, tmp_path: Path) -> None:
    catalog.rebuild([('a_0', replace(
        label(1), episode=EpisodeInfo('e1', 'pick', outcome='failure'),
        interventions=(InterventionInfo('i1', reason='stuck', outcome='success'),)), NEW)])
    assert rows(tmp_path, 'trigger, robot, episode, task, reasons, outcomes, upload') == [
        ('policy_alarm', 'sim', 'e1', 'pick', 'stuck', 'success,failure', 'none')]


def test_a_catalogue_of_another_version_is_made_anew(catalog: Catalog, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / 'catalog.sqlite')) as base:
        base.execute('CREATE TABLE snippets (name TEXT PRIMARY KEY)')
        base.execute("INSERT INTO snippets VALUES ('old')")
        base.commit()
    assert catalog.names() == []
    catalog.add('a_0', label(1), NEW)
    assert catalog.names() == ['a_0']


def test_a_disk_that_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'catalog.sqlite').mkdir()
    with pytest.raises(StorageError, match=r'catalog\.sqlite: unable to open'):
        Catalog(tmp_path / 'catalog.sqlite').names()
