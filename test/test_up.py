"""The whole stack as a user runs it: bad input, crashes, two at a time, and its end."""

from collections.abc import Iterator
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys

import psutil
import pytest
from std_srvs.srv import Trigger

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.processes import running
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.run_dir import url_of
from test.harness import Bench
from test.up import PORTS, Up


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
    assert 'is in use by another' in second.said()  # the first writes into the same file
    second.log.close()
    children += psutil.Process(up.process.pid).children()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(20) == 0
    assert 'does not end: killing it' not in up.said()
    _, alive = psutil.wait_procs(set(children), timeout=1)
    assert not alive


def test_a_kill_of_the_supervisor_takes_all_nodes_along(up: Up) -> None:
    up.wait_ready()
    children = psutil.Process(up.process.pid).children()
    assert len(children) == 8
    os.kill(up.process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_systemd_hears_that_all_are_up_alive_and_ending(tmp_path: Path, namespace: str) -> None:
    address = tmp_path / 'notify'
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(address))
        ear.settimeout(30)
        one = Up(tmp_path / 'data', '--namespace', namespace.strip('/'), '--without', 'policy',
                 env={'NOTIFY_SOCKET': str(address), 'WATCHDOG_USEC': '400000'})
        try:
            heard = [ear.recv(4096).decode()]
            while 'READY=1' not in heard[-1]:
                heard.append(ear.recv(4096).decode())
            assert heard[-1] == 'READY=1\nSTATUS=7 processes run for sim'
            assert set(heard[:-1]) == {'WATCHDOG=1'}, 'alive before all are up'
            assert set(one.pids()) >= {p.name for p in running('sim', ('policy',))}
            assert [ear.recv(4096) for _ in range(3)] == [b'WATCHDOG=1'] * 3
            for child in psutil.Process(one.process.pid).children():
                assert 'NOTIFY_SOCKET' not in child.environ()
            one.process.terminate()
            while heard[-1] != 'STOPPING=1':
                heard.append(ear.recv(4096).decode())
            assert one.process.wait(20) == 0
            assert 'does not end: killing it' not in one.said()
        finally:
            one.end()


def test_cpus_and_nice_hold_for_every_thread_of_a_node(tmp_path: Path, namespace: str) -> None:
    cpu = max(os.sched_getaffinity(0))
    one = Up(tmp_path / 'data', '--namespace', namespace.strip('/'),
             '--param', f'health_exporter.cpus:="{cpu}"', '--param', 'health_exporter.nice:=3')
    try:
        one.wait_ready()
        node = one.pids()['health_exporter']
        threads = [thread.id for thread in psutil.Process(node).threads()]
        assert len(threads) > 5, 'those of DDS among them'
        assert {tuple(os.sched_getaffinity(thread)) for thread in threads} == {(cpu,)}
        assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {3}
        assert os.getpriority(os.PRIO_PROCESS, one.pids()['teleop_relay']) == 0
    finally:
        one.end()


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
    (['--robot', 'spott'], "flywheel up: unknown robot 'spott': known are clearpath_husky, "),
    (['--param', 'control_arbiter.rat:=1'], "control_arbiter: unknown parameter 'rat'"),
    (['--without', 'nope'], "flywheel up: without: 'nope' is no process: there are sim_robot"),
    (['--namespace', 'r-1'], "flywheel up: namespace 'r-1': 'r-1' is no name in ROS"),
    (['--param', 'control_arbiter.rate:=10'], 'set a longer stop_bound with a stop_bound_reason'),
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
