from pathlib import Path

import pytest

from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


def test_one_line_each_and_every_problem_when_asked(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [whole(tmp_path, 1), whole(tmp_path, 2)]
    assert flywheel(tmp_path, 'verify') == 0
    assert capsys.readouterr().out.splitlines() == [
        *(f'ok   {folder.name}' for folder in folders), '2 of 2 snippets are whole']
    (folders[0] / 'metadata.yaml').write_text('x')
    assert flywheel(tmp_path, 'verify', '00000002') == 0
    assert capsys.readouterr().out.endswith('1 of 1 snippet is whole\n')
    assert flywheel(tmp_path, 'verify') == 1
    bad, good, total = capsys.readouterr().out.splitlines()
    assert bad.startswith(f'BAD  {folders[0].name}: metadata.yaml has 1 byte')
    assert bad.endswith('(and 1 more: --verbose)') and good.startswith('ok')
    assert total == '1 of 2 snippets is whole'
    assert flywheel(tmp_path, 'verify', '--verbose') == 1
    assert len(capsys.readouterr().out.splitlines()) == 1 + 2 + 1 + 1


def test_nothing_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(tmp_path, 'verify') == 0
    assert capsys.readouterr().out == '0 of 0 snippets are whole\n'
