import json
import os
from pathlib import Path
import re
import subprocess
import sys

import pytest

from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.recording.state import State
from flywheel_nodes.effects.recording.snippet_folder import read_label, write_state
from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


def shown(folder: Path, data_dir: Path, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'snippets', 'show', folder.name,
         '--data-dir', str(data_dir)], env={**os.environ, **environ}, capture_output=True,
        encoding='utf-8', check=True)
    assert done.stderr == ''
    return done.stdout


def test_a_page_tells_the_story(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    page = shown(folder, tmp_path, COLUMNS='80', PYTHONIOENCODING='utf-8')
    lines = page.splitlines()
    assert lines[0] == folder.name and max(map(len, lines)) <= 80
    assert '-0.000' not in page and '\x1b' not in page
    assert re.search('^control +░+▒+█+░+$', page, re.MULTILINE)
    assert 'intervention by ada: collision_risk, success' in page
    assert page.index('policy_alarm is so') < page.index('intervention_started is so')
    assert re.search(r'^\S*joint_states +▇+ +100.3 +0 +0.01$', page, re.MULTILINE)
    assert re.search(r'^/tf_static .* \?$', page, re.MULTILINE)


@pytest.mark.parametrize('columns', ['60', '120', '300'])
def test_a_plain_terminal_gets_plain_characters(tmp_path: Path, columns: str) -> None:
    page = shown(whole(tmp_path), tmp_path, COLUMNS=columns, PYTHONIOENCODING='ascii')
    assert page.isascii()
    assert max(map(len, page.splitlines())) <= min(160, int(columns))
    assert re.search(r'^control +\.+-+#+\.+$', page, re.MULTILINE)


def test_json_is_the_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    assert flywheel(tmp_path, 'show', '00000001', '--json') == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(
        to_plain(read_label(folder))))


def test_a_damaged_bag_still_has_its_label(tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    folder = whole(tmp_path)
    (folder / f'{folder.name}.mcap').write_bytes(b'')
    assert flywheel(tmp_path, 'show', str(folder)) == 0
    out = capsys.readouterr().out
    assert re.search('damage .*not a rosbag2 bag', ' '.join(out.split())) and 'policy_alarm' in out


@pytest.mark.parametrize(('resumed_ok', 'said'), [
    (True, '  then the policy did well'), (False, '  then the policy failed')])
def test_how_the_policy_fared_after_the_resume_is_told(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], resumed_ok: bool, said: str) -> None:
    folder = whole(tmp_path)
    write_state(folder, State(judged={'i': resumed_ok, 'another': not resumed_ok}))
    assert flywheel(tmp_path, 'show', folder.name) == 0
    assert said in capsys.readouterr().out.splitlines()
