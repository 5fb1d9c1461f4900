from pathlib import Path

import pytest

from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


def test_a_snippet_has_many_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    for name in ('019a0000-0000-7000-8000-000000000001', '00000001', '0001', folder.name,
                 str(folder)):
        assert flywheel(tmp_path, 'verify', name) == 0
        assert folder.name in capsys.readouterr().out


def test_a_data_directory_that_is_none_is_told(tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(tmp_path / 'none', 'list') == 2
    assert 'no such data directory' in capsys.readouterr().err


@pytest.mark.parametrize('args', [('show', 'nothing'), ('ticks', '0'), ('verify', 'x'),
                                  ('rm', '1', '--yes'), ('pin', '..'), ('reindex', 'no')])
def test_a_snippet_that_is_not_there_is_told_in_one_line(
        tmp_path: Path, args: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    whole(tmp_path)
    assert flywheel(tmp_path, *args) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_name_that_means_two_is_refused(tmp_path: Path,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    for number in (0x101, 0x201):
        whole(tmp_path, number)
    assert flywheel(tmp_path, 'show', '01') == 2
    assert '2 such snippets' in capsys.readouterr().err
    assert flywheel(tmp_path, 'show', '201') == 0


def test_of_a_link_the_snippet_is_meant_to_which_it_leads(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    link = folder.parent / 'latest'
    link.symlink_to(folder)
    assert flywheel(tmp_path, 'verify') == flywheel(tmp_path, 'verify', 'latest') == 0
    assert capsys.readouterr().out.count(f'ok   {folder.name}') == 2
    assert flywheel(tmp_path, 'rm', '--yes', 'latest') == 0
    assert not folder.exists()
    assert flywheel(tmp_path, 'list') == 0
    assert 'no snippets' in capsys.readouterr().out
