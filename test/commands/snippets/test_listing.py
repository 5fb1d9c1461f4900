import json
from pathlib import Path

import pytest

from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording.snippet_folder import LABEL, write_state
from test.commands.snippets.line import flywheel
from test.effects.recording.stored import save, story, told, whole


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('COLUMNS', '80')
    whole(tmp_path, 1)
    write_state(save(tmp_path, told(2, first_s=-3.0), story()), State(pinned=True))
    return tmp_path


def test_newest_last_and_within_the_terminal(data_dir: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(data_dir, 'list') == 0
    lines = capsys.readouterr().out.splitlines()
    head, older, newer, meanings, total = lines
    assert head.split() == ['id', 'started', 'trigger', 'policy', 's', 'msgs', 'MiB', 'reasons']
    assert older.startswith('00000002') and older.endswith('  P')
    assert newer.startswith('00000001') and 'collision_risk' in newer
    assert meanings == 'flags: P pinned' and total.startswith('2 snippets in ')
    assert max(map(len, lines[:3])) <= 80


def test_json_has_every_field(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(data_dir, 'list', '--json') == 0
    one, other = json.loads(capsys.readouterr().out)
    assert (one['pinned'], other['pinned']) == (True, False)
    assert other['reasons'] == ['collision_risk'] and other['messages'] == 455


@pytest.mark.parametrize(('args', 'ids'), [
    (['--pinned'], ['00000002']), (['--limit', '1'], ['00000001']),
    (['--trigger', 'policy_alarm', '--policy', 'flawed', '--reason', 'collision_risk',
      '--outcome', 'success', '--robot', 'sim'], ['00000002', '00000001']),
    (['--until', '2026-11-21T22:26:38'], ['00000002']),
    (['--since', '2026-11-21T22:26:38Z'], ['00000001']), (['--since', '1w', '--recovered'], [])])
def test_filters(data_dir: Path, args: list[str], ids: list[str],
                 capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(data_dir, 'list', '--json', *args) == 0
    assert [one['id'][-8:] for one in json.loads(capsys.readouterr().out)] == ids


def test_nothing_is_said_to_be_nothing(data_dir: Path, tmp_path_factory: pytest.TempPathFactory,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(data_dir, 'list', '--trigger', 'manual') == 0
    assert capsys.readouterr().out.startswith('none of 2 snippets in ')
    empty = tmp_path_factory.mktemp('empty')
    assert flywheel(empty, 'list') == 0
    assert capsys.readouterr().out == f'no snippets in {empty / "snippets"}\n'


def test_a_damaged_label_is_listed(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in data_dir.glob(f'snippets/*/{LABEL}'):
        path.write_text('{')
    assert flywheel(data_dir, 'list') == 0
    out = capsys.readouterr().out
    assert '00000001' in out and 'D damaged label' in out


@pytest.mark.parametrize('args', [['--since', 'soon'], ['--until', '2026-99-01']])
def test_a_wrong_time_is_one_line(data_dir: Path, args: list[str],
                                  capsys: pytest.CaptureFixture[str]) -> None:
    assert flywheel(data_dir, 'list', *args) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
