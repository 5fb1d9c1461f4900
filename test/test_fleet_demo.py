"""`flywheel fleet-demo`: what is missing is named, and Ctrl-C leaves nothing behind."""

from collections.abc import Callable
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.commands.fleet_demo import emptied
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.fleet.programs import PACKAGES
from test.test_demo import below

needs_programs = pytest.mark.skipif(
    not all(map(shutil.which, PACKAGES)),
    reason='prometheus or vmagent is not installed (Debian packages prometheus, victoria-metrics)')
COMMAND = [sys.executable, '-m', 'flywheel_nodes.cli', 'fleet-demo']


def test_a_missing_program_gets_one_line_with_its_package(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv('PATH', '/nowhere')
    assert main(['fleet-demo', '--folder', str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        'flywheel fleet-demo: prometheus is not installed: apt-get install prometheus\n')
    assert list(tmp_path.iterdir()) == []


@needs_programs
@pytest.mark.parametrize(('args', 'says'), [
    (['--seconds', '0'], '--seconds 0: 1 to 86400'), (['--seconds', 'nan'], '--seconds nan'),
    (['--folder', '/proc/flywheel'], '--folder /proc/flywheel: No such file')])
def test_bad_input_gets_one_line(
        args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['fleet-demo', *args]) == 2
    told = capsys.readouterr().err
    assert says in told and len(told.splitlines()) == 1


def test_a_folder_with_the_files_of_others_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    theirs = tmp_path / 'config' / 'robots' / 'mine.yaml'
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    with pytest.raises(ConfigError, match='not empty and not made by fleet-demo: choose another'):
        emptied(tmp_path)
    assert theirs.exists() and [one.name for one in tmp_path.iterdir()] == ['config']


def test_what_the_last_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (emptied(tmp_path) / 'config').mkdir()
    (tmp_path / 'config' / 'prometheus.yml').touch()
    (tmp_path / 'notes').touch()
    emptied(tmp_path)
    assert not (tmp_path / 'config').exists()
    assert (tmp_path / 'notes').exists() and list((tmp_path / 'logs').iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(ConfigError, match='file: Not a directory'):
        emptied(tmp_path / 'file')


class Demo:
    """A run, what it says, and every process it ever had."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / 'said'
        self._logs = folder / 'build' / 'fleet-demo' / 'logs'
        with self._said.open('w') as log:
            self.process = subprocess.Popen(COMMAND, cwd=folder, stdout=log, stderr=log)
        self._seen: dict[int, psutil.Process] = {}

    def said(self) -> str:
        return self._said.read_text()

    def _watch(self, condition: Callable[[], bool]) -> None:
        tick, end = threading.Event(), time.monotonic() + 180
        while not condition():
            self._seen.update((p.pid, p) for p in below(self.process.pid))
            assert time.monotonic() < end, self.said()
            tick.wait(0.03)

    def wait_for(self, program: str) -> None:
        self._watch(lambda: (self._logs / f'{program}.log').exists()
                    or self.process.poll() is not None)

    def kill(self, name: str) -> None:
        """Kill the process of a program as soon as there is one."""
        def killed() -> bool:
            found = [p for p in below(self.process.pid) if p.name() == name]
            for process in found:
                process.kill()
            return bool(found)
        self._watch(killed)

    def ended(self) -> int:
        """Wait for the end and that of all its processes; return the exit code."""
        self._watch(lambda: self.process.poll() is not None)
        assert not psutil.wait_procs(self._seen.values(), timeout=5)[1]
        return int(self.process.returncode)


@needs_programs
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    demo.wait_for('vmagent')  # the last that is started
    demo.process.send_signal(signal.SIGINT)
    assert demo.ended() == 130, demo.said()
    assert demo.said().endswith('interrupted\n')


@needs_programs
def test_a_program_that_ends_is_named_and_ends_the_rest(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    demo.kill('prometheus')
    assert demo.ended() == 1, demo.said()
    assert 'FAILED: prometheus ended with code -9: see' in demo.said().splitlines()[-1]
