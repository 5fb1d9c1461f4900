from pathlib import Path

import pytest

from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.effects.recording.snippet_folder import read_state, STATE, write_state
from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


def test_pins_come_and_go_and_nothing_else_changes(tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    write_state(folder, State(upload=Upload.PENDING))
    assert flywheel(tmp_path, 'pin', '00000001', folder.name) == 0
    assert read_state(folder) == State(pinned=True, upload=Upload.PENDING)
    assert flywheel(tmp_path, 'unpin', '00000001') == 0
    assert read_state(folder) == State(upload=Upload.PENDING)
    assert capsys.readouterr().out == '1 snippet pinned\n1 snippet unpinned\n'


def test_a_damaged_state_can_only_be_pinned(tmp_path: Path,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    (folder / STATE).write_text('{')
    assert flywheel(tmp_path, 'unpin', '00000001') == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert flywheel(tmp_path, 'pin', '00000001') == 0
    assert read_state(folder) == State(pinned=True)


def test_a_pin_keeps_what_was_judged(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    write_state(folder, State(judged={'i': True}))
    assert flywheel(tmp_path, 'pin', '00000001') == 0
    assert read_state(folder) == State(pinned=True, judged={'i': True})
