"""`flywheel call` finds the robot by its data directory and says what the service said."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

from flywheel_nodes import cli
from flywheel_nodes.effects.run_dir import Instance
from test.up import Up


def flywheel(*args: str) -> 'subprocess.CompletedProcess[str]':
    env = {k: v for k, v in os.environ.items() if k != 'ROS_DOMAIN_ID'}
    return subprocess.run([sys.executable, '-m', 'flywheel_nodes.cli', *args], env=env,
                          capture_output=True, text=True, check=False)


def test_a_service_of_a_running_robot(tmp_path: Path, namespace: str) -> None:
    up = Up(tmp_path / 'data', '--namespace', namespace.strip('/'))
    try:
        up.wait_ready()
        where = ['--data-dir', str(up.data_dir), '--namespace', namespace]
        done = flywheel('call', 'control_arbiter/stop', *where)
        assert (done.returncode, done.stdout) == (
            0, 'stopped; two resumes let the policy drive again\n')
        done = flywheel('call', 'policy/fault_nan', 'true', *where)
        assert (done.returncode, done.stdout) == (0, 'nan: on\n')
        done = flywheel('call', 'policy/nothing', *where)
        assert done.returncode == 2
        assert 'nobody offers' in done.stderr
    finally:
        up.end()


def test_without_a_robot_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('ROS_DOMAIN_ID')
    Instance(tmp_path, 'policy').close(clean=False)
    assert cli.main(['call', 'control_arbiter/stop', '--data-dir', str(tmp_path / 'other')]) == 2
    assert 'no robot runs on' in capsys.readouterr().err


@pytest.mark.parametrize(('args', 'says'), [
    (['policy/fault_nan'], 'flywheel call: policy/fault_nan needs true or false\n'),
    (['/control_arbiter/stop', 'true'], 'flywheel call: control_arbiter/stop takes no value\n'),
    (['control_arbiter/stop', '--namespace', '1'], "flywheel call: namespace '1': '1' is no na")])
def test_a_mistake_is_told_before_anybody_waits(
        args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['call', *args]) == 2
    assert capsys.readouterr().err.startswith(says)
