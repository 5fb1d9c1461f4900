import io
from pathlib import Path
import shutil

import pytest

from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.effects.recording.snippet_folder import STATE, write_state
from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(('answer', 'gone'), [
    ('y\n', True), ('\n', False), ('no\n', False), ('', False)])
def test_it_asks(tmp_path: Path, answer: str, gone: bool, monkeypatch: pytest.MonkeyPatch,
                 capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    monkeypatch.setattr('sys.stdin', Terminal(answer))
    assert flywheel(tmp_path, 'rm', '00000001') == (0 if gone else 1)
    assert folder.exists() != gone
    out = capsys.readouterr().out
    assert 'Remove 1 snippet for good?' in out
    assert ('1 snippet removed' if gone else 'nothing is removed') in out


def test_without_a_terminal_it_wants_to_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    folders = [whole(tmp_path, 1), whole(tmp_path, 2)]
    monkeypatch.setattr('sys.stdin', io.StringIO())
    assert flywheel(tmp_path, 'rm', '00000001') == 2
    assert '--yes' in capsys.readouterr().err
    assert flywheel(tmp_path, 'rm', '--yes', folders[0].name, '00000001', '00000002') == 0
    assert '2 snippets removed' in capsys.readouterr().out
    assert not any(folder.exists() for folder in folders)


@pytest.mark.parametrize(('state', 'says'), [
    (State(pinned=True), 'is pinned'), (State(upload=Upload.PENDING), 'waits for its upload'),
    (None, 'damaged state')])
def test_what_must_stay_stays_and_so_does_the_rest(
        tmp_path: Path, state: State | None, says: str,
        capsys: pytest.CaptureFixture[str]) -> None:
    kept, other = whole(tmp_path, 1), whole(tmp_path, 2)
    if state is None:
        (kept / STATE).write_text('{')
    else:
        write_state(kept, state)
    assert flywheel(tmp_path, 'rm', '--yes', '00000002', '00000001') == 2
    assert says in capsys.readouterr().err
    assert kept.exists() and other.exists()
    assert flywheel(tmp_path, 'rm', '--yes', '--force', '00000001') == 0
    assert not kept.exists()


def test_a_folder_elsewhere_is_not_ours_to_remove(tmp_path: Path,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / 'copy'
    shutil.copytree(whole(tmp_path), copy)
    assert flywheel(tmp_path, 'rm', '--yes', str(copy)) == 2
    assert copy.exists() and 'is not in' in capsys.readouterr().err
