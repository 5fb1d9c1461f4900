"""A judgement reaches every snippet of its intervention, and harms none of them."""

from pathlib import Path
import subprocess
import sys

import pytest

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording.judgements import Judgement, Judgements
from flywheel_nodes.effects.recording.snippet_folder import (
    LABEL,
    read_state,
    SnippetRoot,
    STATE,
    write_state,
)
from flywheel_nodes.effects.recording.verification import verify
from test.effects.recording.snippets import label, records
from test.effects.recording.stored import save, told, whole

FINE = Judgement('i', True)  # the intervention of the story that stored.py tells


def test_all_snippets_that_hold_the_intervention_are_told_and_no_other(tmp_path: Path) -> None:
    first, second = whole(tmp_path, 1), whole(tmp_path, 2)
    other = save(tmp_path, label(3), records(5))
    write_state(first, State(pinned=True))
    judgements = Judgements(SnippetRoot(tmp_path))
    assert judgements.take(FINE) == [first, second]
    assert read_state(first) == State(pinned=True, judged={'i': True})
    assert read_state(second) == State(judged={'i': True})
    assert read_state(other) == State()
    assert verify(first) == [], 'the label and its files are as they were'


def test_the_same_again_writes_nothing_and_another_one_corrects_it(tmp_path: Path) -> None:
    folder, judgements = whole(tmp_path), Judgements(SnippetRoot(tmp_path))
    assert judgements.take(FINE) == [folder]
    assert judgements.take(FINE) == []
    assert judgements.take(Judgement('i', False)) == [folder]
    assert read_state(folder).judged == {'i': False}


def test_a_snippet_that_is_still_open_is_told_when_it_is_written(tmp_path: Path) -> None:
    root = SnippetRoot(tmp_path)
    root.prepare()
    judgements = Judgements(root)
    assert judgements.take(FINE) == []
    assert judgements.known(told(1), State(pinned=True)) == State(pinned=True, judged={'i': True})
    assert judgements.known(label(2), State()) == State()


def test_damaged_and_vanished_snippets_are_left_alone(tmp_path: Path) -> None:
    torn, nameless = whole(tmp_path, 1), whole(tmp_path, 2)
    (torn / STATE).write_text('{"pinned": tr')
    (nameless / LABEL).write_text('{"interventions": "i"')
    assert Judgements(SnippetRoot(tmp_path)).take(FINE) == []
    assert (torn / STATE).read_text() == '{"pinned": tr'


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    (folder / f'.{STATE}.new').mkdir()  # nothing can be written there
    with pytest.raises(StorageError, match='Is a directory'):
        Judgements(SnippetRoot(tmp_path)).take(FINE)


WRITER = """
from itertools import count
from pathlib import Path
import sys

from flywheel_nodes.effects.recording.judgements import Judgement, Judgements
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot

judgements = Judgements(SnippetRoot(Path(sys.argv[1])))
for number in count():
    judgements.take(Judgement('i', number % 2 == 0))
    print(number, flush=True)
"""


def test_kill_9_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    for rounds in range(1, 6):
        with subprocess.Popen([sys.executable, '-c', WRITER, str(tmp_path)],
                              stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            for _ in range(rounds):
                assert writer.stdout.readline()
            writer.kill()
        assert read_state(folder).judged in ({'i': True}, {'i': False})
        assert verify(folder) == []
