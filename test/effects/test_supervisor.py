"""Crashes meet growing patience, a bad configuration meets none, and orphans never stay."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from flywheel_nodes.core.restarts import Patience
from flywheel_nodes.effects.supervisor import Supervisor

QUICK = Patience(first=0.01, last=0.05, most=3, window=60.0)
SLEEP = [sys.executable, '-S', '-c', 'import time; time.sleep(600)']


def code(text: str) -> list[str]:
    return [sys.executable, '-S', '-c', text]


def test_a_crash_is_restarted_and_too_many_end_it_all() -> None:
    said: list[str] = []
    one = Supervisor({'bad': code('import sys; sys.exit(3)'), 'good': SLEEP}, said.append,
                     patience=QUICK)
    assert one.run() == 1
    assert sum('starting it again' in line for line in said) == 3
    assert 'GIVING UP' in said[-1]
    assert all(child.process is None for child in one.children)


def test_a_refused_configuration_ends_it_at_once() -> None:
    said: list[str] = []
    one = Supervisor({'bad': code('import sys; sys.exit(2)'), 'good': SLEEP}, said.append,
                     patience=QUICK)
    assert one.run() == 2
    assert not any('again' in line for line in said)


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / 'ready'
    deaf = code('import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); '
                f'pathlib.Path({str(ready)!r}).touch(); time.sleep(600)')
    said: list[str] = []
    one = Supervisor({'deaf': deaf}, said.append, grace=0.2)

    def look() -> None:
        if ready.exists():
            one.stopping.set()
    assert one.run(look) == 0
    assert said == ['deaf does not end: killing it']
    assert one.children[0].process is None


def test_one_that_takes_a_while_to_end_is_let_be(tmp_path: Path) -> None:
    ended, said = tmp_path / 'ended', list[str]()
    slow = code('import signal, sys, time, pathlib\n'
                'def end(*_):\n'
                f'    time.sleep(1); pathlib.Path({str(ended)!r}).touch(); sys.exit(0)\n'
                'signal.signal(signal.SIGTERM, end)\n'
                f'pathlib.Path({str(tmp_path / "ready")!r}).touch()\n'
                'time.sleep(600)')
    one = Supervisor({'slow': slow}, said.append)

    def look() -> None:
        if (tmp_path / 'ready').exists():
            one.stopping.set()
    assert one.run(look) == 0
    assert ended.exists() and not said


def test_a_kill_of_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    script = ('from flywheel_nodes.effects.supervisor import Supervisor\n'
              f'Supervisor({{"a": {SLEEP!r}, "b": {SLEEP!r}}}, print).run()\n')
    parent = subprocess.Popen([sys.executable, '-c', script])
    watched = psutil.Process(parent.pid)
    done = threading.Event()
    for _ in range(1000):
        children = watched.children()
        if len(children) == 2 and all('sleep' in ' '.join(c.cmdline()) for c in children):
            break
        done.wait(0.01)
    assert len(children) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert len(gone) == 2


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_child_in_its_own_session_does_not_see_ctrl_c(number: int) -> None:
    one = Supervisor({'a': SLEEP}, lambda line: None)
    sessions: list[int] = []

    def look() -> None:
        process = one.children[0].process
        assert process is not None
        sessions.append(os.getsid(process.pid))
        one.stopping.set()
    one.run(look)
    assert sessions[0] != os.getsid(0)
