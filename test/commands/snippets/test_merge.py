from pathlib import Path

import pytest

from flywheel_nodes.effects.recording.snippet_folder import read_label
from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


def test_two_become_one_that_can_be_shown(tmp_path: Path,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        whole(tmp_path, number)
    out = tmp_path / 'merged'
    assert flywheel(tmp_path, 'merge', '00000001', '00000002', '--out', str(out)) == 0
    assert capsys.readouterr().out == (
        f'455 messages of 2 snippets in {out}; 455 duplicates dropped\n')
    assert len(read_label(out).sources) == 2
    assert flywheel(tmp_path, 'show', str(out)) == 0
    assert 'merged of  00000001, 00000002' in capsys.readouterr().out
    assert flywheel(tmp_path, 'verify', str(out)) == 0


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole(tmp_path)
    for out in (tmp_path, tmp_path / 'no' / 'where'):
        assert flywheel(tmp_path, 'merge', '00000001', '--out', str(out)) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
