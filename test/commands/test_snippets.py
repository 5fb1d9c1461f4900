"""The command line over snippets that the store wrote."""

import csv
from pathlib import Path

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import reconcile
from flywheel_nodes.effects.recording.snippet_folder import SnippetRoot
from flywheel_nodes.effects.recording.snippet_store import End, SnippetFile, Start
from test.effects.recording.snippets import label, records, SOURCES, tick, Topic


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    root = SnippetRoot(tmp_path)
    root.prepare()
    sources = {**SOURCES, 9: Topic('/r1/flywheel/ticks', 'std_msgs/msg/Float64MultiArray')}
    for number in (1, 2):
        one = SnippetFile(root, sources, 'zstd', Start(1, label(number), (), records(20)))
        one.begin()
        one.append([tick(n) for n in range(5)])
        one.finish(End(1, label(number), {1: None}))
    reconcile(root, Catalog(tmp_path / 'catalog.sqlite'))
    return root.published()


def flywheel(data_dir: Path, *args: str) -> int:
    return main(['snippets', *args, '--data-dir', str(data_dir)])


def test_list_show_and_ticks(folders: list[Path], tmp_path: Path,
                             capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(tmp_path, 'list') == 0
    out = capsys.readouterr().out
    assert '00000001' in out and '00000002' in out and '2 snippets' in out
    assert flywheel(tmp_path, 'show', '00000002') == 0
    out = capsys.readouterr().out
    assert folders[1].name in out
    assert '/r1/joint_states' in out and 'unknown' in out
    assert flywheel(tmp_path, 'ticks', str(folders[0])) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 5


def test_ticks_as_csv(folders: list[Path], tmp_path: Path) -> None:
    file = tmp_path / 'ticks.csv'
    assert flywheel(tmp_path, 'ticks', folders[0].name, '--csv', str(file)) == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row['executed/vx'] for row in rows] == ['0.2'] * 5
    assert {row['mode'] for row in rows} == {'policy'}


def test_verify_finds_a_changed_snippet(folders: list[Path], tmp_path: Path,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(tmp_path, 'verify') == 0
    (folders[0] / 'metadata.yaml').write_text('x')
    assert flywheel(tmp_path, 'verify', '00000002') == 0
    assert flywheel(tmp_path, 'verify') == 1
    assert 'BAD' in capsys.readouterr().out


@pytest.mark.parametrize('args', [('show', 'nothing'), ('ticks', '0'), ('verify', 'x')])
def test_a_snippet_that_is_not_there_is_told_in_one_line(
        tmp_path: Path, folders: list[Path], args: tuple[str, ...],
        capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(tmp_path, *args) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
