"""`make demo` as a user sees it: it succeeds, and Ctrl-C at any moment leaves nothing behind."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

COMMAND = [sys.executable, '-m', 'flywheel_nodes.cli', 'demo']


def below(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_one_full_turn(tmp_path: Path) -> None:
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ('MONITOR ALARM', 'takes over', 'SNIPPET', 'rebuilt from the snippet alone',
                 'flywheel_interventions_total', 'all of it was checked'):
        assert line in done.stdout


@pytest.mark.parametrize('after', [0.3, 1.5, 4.0])
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path, after: float) -> None:
    demo = subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)
    seen: dict[int, psutil.Process] = {}
    tick, end = threading.Event(), time.monotonic() + after
    while time.monotonic() < end:
        seen.update((p.pid, p) for p in below(demo.pid))
        tick.wait(0.05)
    os.killpg(demo.pid, signal.SIGINT)
    late = time.monotonic() + 20
    while demo.poll() is None and time.monotonic() < late:
        seen.update((p.pid, p) for p in below(demo.pid))
        tick.wait(0.02)
    assert demo.returncode not in (None, 0)
    _, alive = psutil.wait_procs(seen.values(), timeout=5)
    assert not alive


def test_a_folder_that_cannot_be_made_gets_one_line() -> None:
    done = subprocess.run([*COMMAND, '--folder', '/proc/flywheel'], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (2, '')
    assert done.stderr == 'flywheel demo: --folder /proc/flywheel: No such file or directory\n'


def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    demo = subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    tick, end = threading.Event(), time.monotonic() + 30
    while not (children := below(demo.pid)) and time.monotonic() < end:
        tick.wait(0.05)
    children[0].kill()
    _, said = demo.communicate(timeout=30)
    assert demo.returncode == 1
    assert said.startswith('FAILED at the step "every node is up": the nodes ended with code -9')
