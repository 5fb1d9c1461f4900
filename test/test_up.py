"""The whole stack as a user runs it: bad input, crashes, two at a time, and its end."""

from collections.abc import Iterator
import contextlib
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from std_srvs.srv import Trigger

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.run_dir import url_of
from test.harness import Bench

PORTS = ('--param', 'health_exporter.port:=0', '--param', 'teleop_relay.port:=0')


class Up:
    """`flywheel up` in a process of its own."""

    def __init__(self, data_dir: Path, *args: str, env: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.log = (data_dir.parent / f'{data_dir.name}.log').open('w+')
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--data-dir', str(data_dir),
             *PORTS, *args], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})})

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def wait_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said()
            return all(url_of(self.data_dir, name) for name in ('health_exporter', 'teleop_relay'))
        wait(ready, 'the stack to be up')

    def pids(self) -> dict[str, int]:
        found = {}
        for file in (self.data_dir / 'run').glob('*.lock'):
            with contextlib.suppress(ValueError, KeyError):
                found[file.stem] = int(json.loads(file.read_text())['pid'])
        return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        self.log.close()


def wait(condition: object, what: str) -> None:
    tick, end = threading.Event(), time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, f'not within 30 s: {what}'
        tick.wait(0.05)


@pytest.fixture
def up(tmp_path: Path, namespace: str) -> Iterator[Up]:
    one = Up(tmp_path / 'data', '--namespace', namespace.strip('/'))
    yield one
    one.end()


def test_it_starts_survives_a_crash_and_ends_in_time(up: Up, bench: Bench) -> None:
    up.wait_ready()
    bench.probe.listen(topics.CONTROL)
    heard = bench.probe.heard['flywheel/control']

    def control_is(mode: Mode, gate: Gate) -> bool:
        if not heard:
            return False
        report = wire.control_from_status(heard[-1].status[0])
        return (report.mode, report.gate) == (mode, gate)
    bench.until(lambda: control_is(Mode.HOLD, Gate.STARTING), 'HOLD at the first start')
    name = f'{bench.namespace}/control_arbiter/resume'
    bench.until(lambda: bench.call(Trigger, name, Trigger.Request()).success, 'a resume')
    children = psutil.Process(up.process.pid).children()
    os.kill(up.pids()['control_arbiter'], signal.SIGKILL)
    bench.until(lambda: control_is(Mode.STOPPED, Gate.RESTARTED), 'STOPPED after the crash')
    assert 'control_arbiter ended by signal SIGKILL' in up.said()
    second = Up(up.data_dir)
    assert second.process.wait(30) == 2
    assert 'is in use by another instance' in second.said().splitlines()[-1]
    second.log.close()
    children += psutil.Process(up.process.pid).children()
    began = time.monotonic()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(10) == 0
    assert time.monotonic() - began < 5.0
    _, alive = psutil.wait_procs(set(children), timeout=1)
    assert not alive


def test_a_kill_of_the_supervisor_takes_all_nodes_along(up: Up) -> None:
    up.wait_ready()
    children = psutil.Process(up.process.pid).children()
    assert len(children) == 8
    os.kill(up.process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_two_robots_side_by_side_do_not_meet(up: Up, tmp_path: Path, namespace: str) -> None:
    other = Domain()
    second = Up(tmp_path / 'other', '--namespace', namespace.strip('/'), env=other.env())
    try:
        up.wait_ready()
        second.wait_ready()
        urls = {url_of(one.data_dir, 'health_exporter') for one in (up, second)}
        assert len(urls) == 2
        assert 'competing' not in up.said() + second.said()
    finally:
        second.end()
        other.close()


@pytest.mark.parametrize(('args', 'says'), [
    (['--robot', 'spott'], "flywheel up: unknown robot 'spott': known are sim"),
    (['--param', 'control_arbiter.rat:=1'], "control_arbiter: unknown parameter 'rat'"),
    (['--params-file', '/nowhere.yaml'], '/nowhere.yaml: No such file or directory'),
    (['--data-dir', '/proc/flywheel'], 'cannot be written to')])
def test_bad_input_gets_one_line_and_exit_code_2(args: list[str], says: str,
                                                 tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--data-dir', str(tmp_path / 'd'),
         *PORTS, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / 'd').exists(), 'nothing is half-written'


def test_a_missing_middleware_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--data-dir', str(tmp_path / 'd'),
         *PORTS], env={**os.environ, 'RMW_IMPLEMENTATION': 'rmw_nobody'}, capture_output=True,
        text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith('flywheel up: RMW_IMPLEMENTATION=rmw_nobody is not installed')
