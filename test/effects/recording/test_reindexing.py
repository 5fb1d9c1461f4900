from pathlib import Path

import pytest

from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording.reconcile import Fate
from flywheel_nodes.effects.recording.reindexing import catalogue, reindex, unindexed
from flywheel_nodes.effects.recording.snippet_changes import catalogue as opened
from flywheel_nodes.effects.recording.snippet_folder import (
    LABEL,
    read_label,
    read_state,
    SnippetRoot,
    write_state,
)
from flywheel_nodes.effects.recording.verification import verify
from test.effects.recording.stored import whole


def test_the_catalogue_is_made_anew(tmp_path: Path) -> None:
    folders = [whole(tmp_path, number) for number in (1, 2, 3)]
    (folders[2] / LABEL).write_text('')
    steps: list[int] = []
    with opened(SnippetRoot(tmp_path)) as catalog:
        assert catalogue(SnippetRoot(tmp_path), catalog, steps.append) == 2
        assert catalog.names() == [one.name for one in folders[:2]]
    assert steps == [0, 1, 2]


def test_what_is_saved_meanwhile_gets_its_row(tmp_path: Path) -> None:
    first = whole(tmp_path, 1)

    def save(done: int) -> None:
        whole(tmp_path, 2)

    with opened(SnippetRoot(tmp_path)) as catalog:
        assert catalogue(SnippetRoot(tmp_path), catalog, save) == 2
        assert catalog.names()[0] == first.name


@pytest.mark.parametrize('left', [0.999, 0.97])
def test_a_file_that_lost_its_index_gets_one(tmp_path: Path, left: float) -> None:
    folder = whole(tmp_path)
    before = read_label(folder)
    write_state(folder, State(pinned=True))
    path = folder / f'{folder.name}.mcap'
    assert not unindexed(folder)
    path.write_bytes(path.read_bytes()[:int(path.stat().st_size * left)])
    assert unindexed(folder)
    found = reindex(SnippetRoot(tmp_path), folder)
    assert found.fate is Fate.RECOVERED and found.path == folder
    after = read_label(folder)
    assert verify(folder) == [] and not unindexed(folder)
    assert after.messages == before.messages and after.recovered
    assert read_state(folder).pinned


def test_what_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    (folder / f'{folder.name}.mcap').write_bytes(b'x')
    assert unindexed(folder)
    assert reindex(SnippetRoot(tmp_path), folder).fate is Fate.QUARANTINED
    assert SnippetRoot(tmp_path).published() == []
