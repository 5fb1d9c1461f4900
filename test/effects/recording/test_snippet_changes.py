from contextlib import closing
from pathlib import Path
import threading

import pytest

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import reconcile
from flywheel_nodes.effects.recording.snippet_changes import catalogue, changing, remove, set_state
from flywheel_nodes.effects.recording.snippet_folder import read_state, SnippetRoot
from test.effects.recording.stored import whole


def test_a_snippet_goes_with_its_row(tmp_path: Path) -> None:
    first, second = whole(tmp_path, 1), whole(tmp_path, 2)
    root = SnippetRoot(tmp_path)
    with closing(Catalog(tmp_path / 'catalog.sqlite')) as recorder:
        reconcile(root, recorder)  # and it keeps the file open
        remove(root, first)
        assert recorder.names() == [second.name]
    assert root.published() == [second] and root.trashed() == []


def test_a_state_is_changed_in_both_places(tmp_path: Path) -> None:
    folder, root = whole(tmp_path), SnippetRoot(tmp_path)
    with catalogue(root) as catalog:
        reconcile(root, catalog)
    set_state(root, folder, State(pinned=True))
    assert read_state(folder).pinned
    with catalogue(root) as catalog:
        assert [one.state.pinned for one in catalog.kept()] == [True]


def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    with pytest.raises(StorageError, match='No such file'):
        remove(root, root.path / 'gone')
    with pytest.raises(StorageError, match='No such file'):
        set_state(root, root.path / 'gone', State())


def test_two_who_change_a_state_do_so_one_after_the_other(tmp_path: Path) -> None:
    folder, said = whole(tmp_path), list[str]()

    def other() -> None:
        with changing(folder):
            said.append('other')

    thread = threading.Thread(target=other)
    with changing(folder):
        thread.start()
        thread.join(0.2)
        said.append('one')
    thread.join(20.0)
    assert said == ['one', 'other']
    with pytest.raises(StorageError, match='No such file'), changing(tmp_path / 'gone'):
        pass
