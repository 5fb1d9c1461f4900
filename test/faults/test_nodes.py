"""Nodes that die or hang while the policy drives: the robot does what docs/safety.md says."""

from collections.abc import Callable, Iterator
from functools import partial
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any
from urllib.request import urlopen

import psutil
import pytest
from std_srvs.srv import Trigger

from flywheel_nodes.adapters import sim
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import Control, Gate, Mode
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.effects.shared_memory import held, SHM
from flywheel_nodes.nodes.messages import to_ns
from flywheel_nodes.sim.turn_checks import parse, Series
from test.harness import Bench
from test.up import LOAD, Up

MOVING, RESTING = 0.1, 0.01

SHEDS = 'flywheel_shedding{node="policy_monitor",what="statistical_detectors"}'
BUSY = 'import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass'


class Robot:
    """The stack, and what a bystander sees of it: who drives, and how fast the robot goes."""

    def __init__(self, up: Up, bench: Bench) -> None:
        self.up, self.bench = up, bench
        self.segments: set[str] = set()
        bench.probe.listen(topics.CONTROL, topics.ROBOT_CMD_VEL, sim.ODOM)
        self.reports: list[Any] = bench.probe.heard[topics.CONTROL.name]
        self.commands: list[Any] = bench.probe.heard[topics.ROBOT_CMD_VEL.name]
        self.odometry: list[Any] = bench.probe.heard[sim.ODOM.name]

    @property
    def control(self) -> Control:
        return wire.control_from_status(self.reports[-1].status[0])

    @property
    def speed(self) -> float:
        """How fast the robot goes, told by its own driver."""
        return abs(self.odometry[-1].twist.twist.linear.x) if self.odometry else 0.0

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait, longer than for a node alone: eight processes share the machine."""
        try:
            self.bench.until(condition, what, timeout=180.0)
        except AssertionError as error:
            raise AssertionError(f'{error}; {self.control}, {self.speed} m/s') from None

    def drive(self) -> None:
        """Have the policy drive, whatever was before."""
        name = f'{self.bench.namespace}/control_arbiter/resume'

        def drives() -> bool:
            if self.control.mode is not Mode.POLICY:
                self.bench.call(Trigger, name, Trigger.Request())
            return self.control.mode is Mode.POLICY and self.speed > MOVING
        self.until(lambda: self.reports, 'a report of control')
        self.until(drives, 'the policy to drive')

    def kill(self, name: str) -> None:
        """Kill a node at once, and forget what was heard before."""
        note = self.up.notes()[name]
        self.segments |= held(note['pid'])
        del self.reports[:-1], self.odometry[:-1]
        os.kill(note['pid'], signal.SIGKILL)
        psutil.wait_procs([psutil.Process(note['pid'])] if psutil.pid_exists(note['pid']) else [])

    def back(self, name: str, old: int) -> bool:
        note = self.up.notes().get(name, {})
        return note.get('pid', old) != old and psutil.pid_exists(note['pid'])

    def moves_on(self, samples: int) -> bool:
        return len(self.odometry) > samples

    def gates(self) -> set[Gate]:
        return {wire.control_from_status(report.status[0]).gate for report in self.reports}

    def scrape(self) -> Series:
        with urlopen(url_of(self.up.data_dir, 'health_exporter'), timeout=30) as answer:
            return parse(answer.read().decode())


@pytest.fixture
def robot(tmp_path: Path, namespace: str, bench: Bench) -> Iterator[Robot]:
    up = Up(tmp_path / 'data', '--namespace', namespace.strip('/'),
            '--param', 'snippet_recorder.post_roll:=30.0',
            '--param', 'policy_monitor.nice:=10')
    try:
        up.wait_ready()
        yield Robot(up, bench)
    finally:
        up.end()


def test_a_node_is_killed_while_the_policy_drives(robot: Robot) -> None:
    bench, up = robot.bench, robot.up
    robot.drive()
    name = f'{bench.namespace}/snippet_recorder/trigger_snippet'
    assert bench.call(Trigger, name, Trigger.Request()).success
    staging = SnippetRoot(up.data_dir).staging
    robot.until(lambda: list(staging.glob('*/*.mcap')), 'a snippet is being written')
    robot.until(partial(robot.moves_on, len(robot.odometry) + 150), 'three seconds of it')

    bystanders = ('snippet_recorder', 'health_exporter', 'teleop_relay')
    before = up.pids()
    for node in bystanders:
        robot.kill(node)
    robot.until(lambda: all(robot.back(node, before[node]) for node in bystanders), 'all back')
    assert robot.gates() <= {Gate.NONE, *LOAD}, 'none of them keeps the policy from driving'
    if robot.gates() == {Gate.NONE}:
        # A short stall of arbiter or adapter stops the robot without any gate.
        moving = [abs(one.twist.twist.linear.x) > MOVING for one in robot.odometry]
        assert sum(moving) >= 0.8 * len(moving), 'the policy drove on meanwhile'
    robot.drive()

    # Which gate holds it is a matter of who is missed first on a busy machine.
    for node in ('policy_monitor', 'policy', 'robot_adapter', 'sim_robot'):
        robot.drive()
        old = up.pids()[node]
        robot.kill(node)
        robot.until(lambda: robot.control.mode is Mode.HOLD, f'HOLD without {node}')
        robot.until(lambda: robot.speed < RESTING, f'rest without {node}')
        robot.until(partial(robot.back, node, old), f'{node} is back')
        assert robot.control.mode is Mode.HOLD, 'nothing returns to the policy by itself'

    robot.drive()
    robot.kill('control_arbiter')
    robot.until(lambda: robot.speed < RESTING, 'rest without the arbiter')
    robot.until(lambda: robot.control.mode is Mode.STOPPED, 'STOPPED after the crash')
    assert robot.control.gate is Gate.RESTARTED
    robot.drive()

    killed = (*bystanders, 'policy_monitor', 'policy', 'robot_adapter', 'sim_robot',
              'control_arbiter')

    def counted() -> dict[str, float | None]:
        series = robot.scrape()
        return {n: series.get(f'flywheel_node_restarts_total{{node="{n}"}}') for n in killed}
    robot.until(lambda: all((counted()[node] or 0) >= 1 for node in killed), 'each counted')
    assert set(counted().values()) == {1.0}, (counted(), up.said())
    published = [read_label(folder) for folder in SnippetRoot(up.data_dir).published()]
    assert [label for label in published if label.recovered], up.said()
    leaves_nothing(robot)


def leaves_nothing(robot: Robot) -> None:
    """End the stack: no process, no lock in use and no segment of shared memory is left."""
    up = robot.up
    pids = up.pids().values()
    memory = set[str]().union(robot.segments, *map(held, pids))
    children = psutil.Process(up.process.pid).children(recursive=True)
    up.process.terminate()
    assert up.process.wait(60) == 0
    assert not psutil.wait_procs(children, timeout=20)[1]
    assert up.notes() == {}, 'every lock file is empty'
    assert not [path for path in SHM.iterdir() if path.name.removesuffix('_el') in memory]


def test_an_arbiter_that_hangs_stops_the_robot_and_replays_nothing(robot: Robot) -> None:
    pid = robot.up.pids()['control_arbiter']
    robot.drive()
    os.kill(pid, signal.SIGSTOP)
    try:
        robot.until(lambda: robot.speed < RESTING, 'rest while the arbiter hangs')
        began = time.time_ns()
    finally:
        os.kill(pid, signal.SIGCONT)

    def fresh() -> list[Any]:
        return [one for one in robot.commands if to_ns(one.header.stamp) >= began]
    robot.until(lambda: len(fresh()) > 50, 'commands again')
    robot.until(lambda: robot.control.mode is Mode.HOLD, 'it noticed')
    assert robot.speed < RESTING, 'and nothing returns by itself'
    assert not [one for one in fresh() if one.twist.linear.x]
    stamps = [to_ns(one.header.stamp) for one in robot.commands]
    assert stamps == sorted(stamps), 'what it had in mind before is not said any more'


def test_under_overload_the_monitor_sheds_first_and_the_arbiter_nothing(robot: Robot) -> None:
    pid, cores = robot.up.pids()['policy_monitor'], os.sched_getaffinity(0)

    def sheds(value: float) -> bool:
        return robot.scrape().get(SHEDS) == value
    robot.until(partial(sheds, 0.0), 'the metric')
    # The monitor gets what eight others leave of one core, the rest of the robot has more. Each is
    # a session of its own, as the kernel may share a core out by session.
    move(pid, {min(cores)})
    busy = [subprocess.Popen([sys.executable, '-S', '-c', BUSY.format(core=min(cores))],
                             start_new_session=True) for _ in range(8)]
    try:
        robot.until(partial(sheds, 1.0), 'the monitor sheds its statistics')
        assert not [name for name, value in robot.scrape().items() if value and name.startswith(
            'flywheel_shedding{') and name != SHEDS]
    finally:
        for process in busy:
            process.kill()
            process.wait()
    move(pid, cores)
    robot.until(partial(sheds, 0.0), 'all is done again')


def move(pid: int, cores: set[int]) -> None:
    """Move a process with all its threads."""
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, cores)
