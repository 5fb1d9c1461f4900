from pathlib import Path

from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording import briefs
from flywheel_nodes.effects.recording.snippet_folder import LABEL, SnippetRoot, write_state
from test.effects.recording.stored import save, story, told, whole


def test_labels_and_states_are_the_truth(tmp_path: Path) -> None:
    late, early = whole(tmp_path, 1), save(tmp_path, told(2, first_s=-3.0), story())
    write_state(early, State(pinned=True))
    steps: list[int] = []
    found = briefs.read(SnippetRoot(tmp_path).published(), steps.append)
    assert [one.name for one in found] == [early.name, late.name]
    assert [one.pinned for one in found] == [True, False]
    assert steps == [0, 1]


def test_a_damaged_label_is_told_and_a_snippet_that_goes_is_left_out(tmp_path: Path) -> None:
    damaged = whole(tmp_path)
    (damaged / LABEL).write_text('{')
    (one,) = briefs.read([damaged, tmp_path / 'evicted'])
    assert one.name == damaged.name and 'not a snippet label' in one.damage
