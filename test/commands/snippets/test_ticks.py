import csv
from pathlib import Path

from pyarrow import parquet
import pytest

from test.commands.snippets.line import flywheel
from test.effects.recording.snippets import record
from test.effects.recording.stored import save, SECOND, story, told, whole


def test_a_glance_says_how_to_see_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv('COLUMNS', '80')
    whole(tmp_path)
    assert flywheel(tmp_path, 'ticks', '00000001') == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ['s', 'mode', 'phase', 'gate', 'operator', 'exec/vx']
    assert lines[21] == '... 10 more ticks ...' and lines[-2] == '50 ticks'
    assert '--all' in lines[-1] and max(map(len, lines)) <= 80
    assert flywheel(tmp_path, 'ticks', '00000001', '--all', '--columns', 'proposed,mode') == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 50 + 1 and lines[1].split() == ['+0.000', '0.500', 'policy']


def test_files_have_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole(tmp_path)
    files = tmp_path / 'a.csv', tmp_path / 'a.parquet'
    assert flywheel(tmp_path, 'ticks', '00000001', '--csv', str(files[0]), '--parquet',
                    str(files[1])) == 0
    assert capsys.readouterr().out.startswith(f'50 ticks to {files[0]}\n50 ticks to ')
    rows = list(csv.DictReader(files[0].read_text().splitlines()))
    assert [row['executed/vx'] for row in rows] == ['0.2'] * 50
    assert parquet.read_table(files[1])['executed/vx'].to_pylist() == [0.2] * 50


def test_what_does_not_decode_is_counted(tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, told(1), [*story(), record(SECOND, b'\0\1\0\0', channel=9)])
    assert flywheel(tmp_path, 'ticks', '00000001') == 0
    assert '50 ticks; 1 message did not decode and is left out' in capsys.readouterr().out


@pytest.mark.parametrize('args', [('--columns', 'vy'), ('--csv', '/nowhere/a')])
def test_mistakes_are_one_line(tmp_path: Path, args: tuple[str, ...],
                               capsys: pytest.CaptureFixture[str]) -> None:
    whole(tmp_path)
    assert flywheel(tmp_path, 'ticks', '00000001', *args) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
