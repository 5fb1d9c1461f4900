"""What every node shares, over real DDS and, for its start and end, as real processes."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from geometry_msgs.msg import TwistStamped
import pytest
from std_srvs.srv import SetBool, Trigger

from flywheel_nodes import __version__
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.metrics import Report
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.run_dir import Instance, url_of
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.policy_monitor import PolicyMonitor
from flywheel_nodes.nodes.shell import Answer, Shell
from test.harness import Bench, config_class, ros_args

LIMIT = 60.0
NAME = 'policy_monitor'


class Box:
    """A component with one service of each kind."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.steps = 0
        self.on = False
        shell.trigger('poke', lambda: (self.steps > 0, f'{self.steps > 0}'))
        shell.switch('light', self._light)

    def _light(self, on: bool) -> Answer:
        self.on = on
        return True, 'lit' if on else 'dark'

    def step(self, now: Now) -> None:
        """Count, and behave as a node under some load."""
        self.steps += 1
        if self.on:
            self.shell.metrics.add('loop_overruns_total', node=NAME)

    def close(self) -> None:
        """Do nothing."""


def events(bench: Bench) -> list[Event]:
    return [wire.event_from_status(status) for message in bench.probe.heard[topics.EVENTS.name]
            for status in message.status]


def reports(bench: Bench) -> list[Report]:
    return [wire.report_from_statuses(m.status) for m in bench.probe.heard[topics.METRICS.name]]


def test_a_start_is_an_event_that_late_listeners_hear_as_well(bench: Bench) -> None:
    bench.start(NAME, Box)
    bench.probe.listen(topics.EVENTS)
    bench.until(lambda: events(bench), 'the event')
    event = events(bench)[0]
    assert (event.name, event.source) == (EventName.NODE_STARTED, NAME)
    assert event.values == {'version': __version__}
    assert event.id and event.wall_ns > event.mono_ns > 0


def test_a_start_after_a_crash_says_so(bench: Bench) -> None:
    Instance(bench.folder, NAME).close(clean=False)
    bench.start(NAME, Box)
    bench.probe.listen(topics.EVENTS, topics.METRICS)
    bench.until(lambda: events(bench) and reports(bench), 'event and report')
    assert events(bench)[0].name is EventName.NODE_RESTARTED
    assert events(bench)[0].values == {'restarts': '1'}
    assert reports(bench)[0].series['node_restarts_total', (NAME,)].value == 1.0


def test_services_answer_under_the_lock_of_the_loop(bench: Bench) -> None:
    box = bench.start(NAME, Box)
    answer = bench.call(Trigger, f'{NAME}/poke', Trigger.Request())
    assert (answer.success, answer.message) == (True, 'True')
    answer = bench.call(SetBool, f'{NAME}/light', SetBool.Request(data=True))
    assert (answer.message, box.on) == ('lit', True)


def test_what_other_threads_ask_for_is_done_in_the_loop(bench: Bench) -> None:
    box = bench.start(NAME, Box)
    done: list[int] = []
    box.shell.later(lambda: done.append(box.steps))
    assert done == []
    bench.step()
    assert done == [0]


class Teller(Box):
    """A component that brings its metrics up to date once a second."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.told = [0]

    def step(self, now: Now) -> None:
        """Tell, if it is time to."""
        if now.mono - self.told[-1] >= SECOND:
            self.told.append(now.mono)


def test_what_is_told_each_second_is_in_the_report_of_that_turn(
        bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    teller: Teller = bench.start(NAME, Teller)
    reported: list[int] = []
    monkeypatch.setattr(teller.shell.inlet, 'look_around', lambda: reported.append(1))
    times = iter([10.0, 10.5, 11.05, 11.1, 11.6, 11.65])  # what came in took long the first time
    monkeypatch.setattr(clocks, 'now', lambda: Now(int(next(times) * SECOND), 0))
    for _ in range(3):
        teller.shell.step(teller)
        assert len(reported) == len(teller.told) - 1
    assert len(reported) == 2
    monkeypatch.undo()


def test_losses_are_counted_by_topic(bench: Bench) -> None:
    box = bench.start(NAME, Box)
    for lost in (-1, 0, 3, 2):
        box.shell.count_lost('odom', lost)
    read = box.shell.metrics.read(full=True)
    assert read['topic_messages_lost_total', ('odom', NAME)].value == 5.0


# --- as processes -------------------------------------------------------------------------------

Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path, namespace: str) -> Iterator[Start]:
    """Give what starts a real health_exporter; all are ended with the test."""
    started: list[Process] = []

    def begin(*params: str, name: str = 'health_exporter', env: dict[str, str] | None = None,
              extra: tuple[str, ...] = ()) -> Process:
        args = [part for p in (f'data_dir:={tmp_path}', 'port:=0', *params) for part in ('-p', p)]
        process = subprocess.Popen(
            [sys.executable, '-m', 'flywheel_nodes.start', name, '--ros-args', '-r',
             f'__ns:={namespace}', *args, *extra], text=True, env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process
    yield begin
    for process in started:
        process.kill()
        process.communicate()


def up(bench: Bench, folder: Path) -> None:
    bench.until(lambda: url_of(folder, 'health_exporter'), 'the exporter is up')


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_node_cleanly(bench: Bench, start: Start, tmp_path: Path,
                                      number: signal.Signals) -> None:
    process = start()
    up(bench, tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    assert 'Traceback' not in out + err
    assert url_of(tmp_path, 'health_exporter') == ''


def test_kill_9_is_told_at_the_next_start(bench: Bench, start: Start, tmp_path: Path) -> None:
    process = start()
    up(bench, tmp_path)
    process.kill()
    process.communicate()
    bench.probe.listen(topics.EVENTS)
    start()
    bench.until(lambda: EventName.NODE_RESTARTED in [e.name for e in events(bench)], 'its event')


BROKEN = """
import sys
from flywheel_nodes.core.config import MonitorConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.nodes.shell import run

class Broken:
    def __init__(self, shell):
        if sys.argv[1] == 'start':
            raise ConfigError('unsound')

        shell.trigger('poke', self._broken)

    def step(self, now):
        if sys.argv[1] == 'loop':
            self._broken()

    def _broken(self):
        raise ValueError('broken')

    def close(self):
        pass

run('policy_monitor', MonitorConfig, Broken, sys.argv[2:])
"""


def break_down(folder: Path, namespace: str, when: str) -> str:
    """Run a component that fails at its start or in its loop; return what it says."""
    args = [when, *ros_args(namespace, {'data_dir': str(folder)})]
    done = subprocess.run([sys.executable, '-c', BROKEN, *args], text=True, timeout=LIMIT,
                          capture_output=True, check=False)
    return done.stderr


def crashes(folder: Path) -> int:
    instance = Instance(folder, NAME)
    instance.close()
    return instance.restarts


def test_an_end_by_an_error_is_a_crash(tmp_path: Path, namespace: str) -> None:
    assert 'ValueError: broken' in break_down(tmp_path, namespace, 'loop')
    assert crashes(tmp_path) == 1


def test_a_node_whose_services_have_ended_ends(bench: Bench, tmp_path: Path) -> None:
    args = ['serve', *ros_args(bench.namespace, {'data_dir': str(tmp_path)})]
    with subprocess.Popen([sys.executable, '-c', BROKEN, *args], text=True,
                          stderr=subprocess.PIPE) as process:
        client = bench.probe.node.create_client(Trigger, f'{NAME}/poke')
        bench.until(client.service_is_ready, 'the service')
        client.call_async(Trigger.Request())
        try:
            _, err = process.communicate(timeout=20.0)
        finally:
            process.kill()
    assert 'services has ended' in err
    assert crashes(tmp_path) == 1


def test_a_crash_is_not_forgotten_over_a_bad_configuration(tmp_path: Path,
                                                           namespace: str) -> None:
    assert 'unsound' in break_down(tmp_path, namespace, 'start')
    assert crashes(tmp_path) == 0
    Instance(tmp_path, NAME).close(clean=False)
    assert 'unsound' in break_down(tmp_path, namespace, 'start')
    assert crashes(tmp_path) == 2


def refused(process: Process) -> str:
    """Return the one line with which a process refused to start."""
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 2, out + err
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith('health_exporter: ')
    return lines[0]


def bad_yaml(folder: Path) -> dict[str, Any]:
    path = folder / 'params.yaml'
    path.write_text('/**:\n  ros__parameters: {rate: [', encoding='utf-8')
    return {'extra': ('--params-file', str(path))}


@pytest.mark.parametrize(('how', 'needles'), [
    (lambda _: {'params': ['rat:=5.0']}, ["unknown parameter 'rat'", "did you mean 'rate'"]),
    (lambda _: {'params': ['rate:=fast']}, ["rate: a number is needed, not 'fast'"]),
    (lambda _: {'params': ['max_series:=1']}, ['max_series: 1 is out of range (1000 to 100000)']),
    (lambda _: {'params': ['robot:=hal']}, ["unknown robot 'hal': known are", 'sim']),
    (lambda _: {'params': ['data_dir:=/proc/nowhere']}, ['/proc/nowhere cannot be written to']),
    (lambda _: {'env': {'RMW_IMPLEMENTATION': 'rmw_pigeon_cpp'}},
     ['RMW_IMPLEMENTATION=rmw_pigeon_cpp is not installed', 'rmw_fastrtps_cpp']),
    (lambda _: {'extra': ('-p', 'nonsense')}, ['-p nonsense: NAME:=VALUE is needed']),
    (lambda _: {'params': ['host:=192.0.2.1']},
     ['host 192.0.2.1 can be reached', 'tls_certificate']),
    (bad_yaml, ['params.yaml:2: not valid YAML'])], ids=[
    'unknown', 'ill-typed', 'out-of-range', 'robot', 'data_dir', 'rmw', 'ros-args', 'host',
    'yaml'])
def test_bad_input_gets_one_line_and_exit_code_2(
        start: Start, tmp_path: Path, how: Callable[[Path], dict[str, Any]],
        needles: list[str]) -> None:
    given = how(tmp_path)
    line = refused(start(*given.pop('params', ()), **given))
    assert all(needle in line for needle in needles), line


def test_a_port_in_use_gets_one_line_and_exit_code_2(start: Start) -> None:
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(start(f'port:={port}'))
    assert f'127.0.0.1:{port} is in use' in line and 'set port' in line


def test_a_second_instance_gets_one_line_and_exit_code_2(
        bench: Bench, start: Start, tmp_path: Path) -> None:
    first = start()
    up(bench, tmp_path)
    assert f'in use by another health_exporter (pid {first.pid})' in refused(start())
    assert url_of(tmp_path, 'health_exporter'), 'the first goes on'


def test_a_process_that_is_not_in_the_table_is_refused(start: Start) -> None:
    process = start(name='hal')
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 2
    assert err.startswith('start: which process? One of sim_robot') and err.count('\n') == 1


class Slow(Box):
    """Asks for a pace of its own, and notes how far its turns are apart."""

    asks = 10.0

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.at: list[int] = []

    def step(self, now: Now) -> None:
        """Ask, and end after a few turns."""
        self.shell.turn_at(self.asks)
        self.at.append(time.monotonic_ns())
        if len(self.at) == 6:
            self.shell.stopping.set()


class Eager(Slow):
    """Asks for more than is configured."""

    asks = 1000.0


@pytest.mark.parametrize(('kind', 'rate'), [(Slow, 10.0), (Eager, 25.0)])
def test_a_loop_turns_as_often_as_its_component_needs(tmp_path: Path, namespace: str,
                                                      kind: type[Slow], rate: float) -> None:
    shell = Shell(NAME, config_class(NAME), ros_args(namespace, {
        'data_dir': str(tmp_path), 'rate': 25.0}))
    slow = kind(shell)
    try:
        shell.spin(slow)
    finally:
        shell.close()
    assert slow.at[-1] - slow.at[0] > 4 * SECOND / rate  # five turns, one of which may be late


def test_what_is_urgent_is_taken_while_the_loop_rests(bench: Bench) -> None:
    class Ear(Box):
        """Hears commands."""

        def __init__(self, shell: Shell) -> None:
            super().__init__(shell)
            self.heard: list[Any] = []
            shell.subscribe(topics.ROBOT_CMD_VEL, lambda m, _: self.heard.append(m), urgent=True)
    ear = bench.start(NAME, Ear)
    shell, _ = bench.running.pop()
    far = time.monotonic_ns() + 3600 * SECOND
    rest = threading.Thread(target=shell._rest, args=(ear, far), daemon=True)
    rest.start()

    def command() -> None:
        bench.probe.publish(topics.ROBOT_CMD_VEL, TwistStamped())
    bench.until(lambda: ear.heard, 'a command, long before the next turn', each=command)
    assert rest.is_alive()
    shell.stopping.set()
    bench.until(lambda: not rest.is_alive(), 'the end', each=command)
    shell.close()


def test_what_was_said_before_a_node_began_is_no_news_whatever_the_clock(bench: Bench) -> None:
    bench.start(NAME, PolicyMonitor)
    shell, wall = bench.running[0][0], time.time_ns()

    def told(age_s: float, after_s: float, set_back_s: float = 0.0) -> bool:
        came = wall + int((after_s - set_back_s) * SECOND)
        event = Event(EventName.EPISODE_ENDED, 'over', 1).stamped(
            'e', 'policy', came - int(age_s * SECOND))
        return shell.is_news(event, Arrival(
            shell.started_ns + int(after_s * SECOND), came, came, 1, b'', 0))
    assert told(age_s=0.1, after_s=5.0)
    assert not told(age_s=60.0, after_s=5.0)
    assert told(age_s=0.1, after_s=5.0, set_back_s=3600.0)
