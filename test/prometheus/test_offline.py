"""
A robot goes offline for 45 s and its agent is restarted meanwhile: nothing is missing afterwards.

Real exporter, real agents, real receivers; the four cases run at once, and nearly all of the 70 s
is waiting.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import pytest

from flywheel_nodes.core import agent_unit
from flywheel_nodes.effects.config_files import read_text, share_dir
from flywheel_nodes.effects.run_dir import url_of
from test.prometheus.agent import Agent, Link, missing_agent, VictoriaMetrics
from test.prometheus.server import missing_prometheus, Prometheus
from test.up import wait

INTERVAL = 5.0
BEFORE, HALF = 6.0, 22.5
# What an agent that is killed takes with it: what it had not yet written to disk.
LONGEST = {signal.SIGTERM: 2.0 * INTERVAL, signal.SIGKILL: 3.0 * INTERVAL}
STALL = 5.0  # of a busy machine, which delays a scrape or what it reads
SEEN = 'flywheel_node_last_heartbeat_timestamp_seconds{node="health_exporter"}'
Server = Prometheus | VictoriaMetrics


@dataclass
class Case:
    """One agent on its way to one receiver."""

    name: str
    server: Server
    link: Link
    agent: Agent
    how: signal.Signals
    down: tuple[float, float] = (0.0, 0.0)

    def samples(self, expr: str, window: int = 300) -> list[tuple[float, float]]:
        """Return the raw samples of the last minutes, by time."""
        found = self.server.query(f'{expr}[{window}s]')
        return [(float(at), float(value)) for row in found for at, value in row['values']]


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[str]:
    """A real health_exporter, without the other nodes; its HOST:PORT."""
    process = subprocess.Popen(
        [sys.executable, '-m', 'flywheel_nodes.start', 'health_exporter', '--ros-args',
         '-p', f'data_dir:={tmp_path / "data"}', '-p', 'robot:=sim', '-p', 'port:=0'])
    try:
        wait(lambda: url_of(tmp_path / 'data', 'health_exporter'), 'the exporter')
        yield url_of(tmp_path / 'data', 'health_exporter').split('/')[2]
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def cases(tmp_path: Path, exporter: str) -> Iterator[list[Case]]:
    """Two ways to end an agent, two kinds of receivers."""
    if reason := missing_prometheus() or missing_agent():
        pytest.skip(reason)
    with ExitStack() as stack:
        config = read_text(share_dir() / 'config' / 'prometheus' / 'prometheus.yml')
        prometheus = Prometheus(tmp_path / 'prometheus', config,
                                '--web.enable-remote-write-receiver')
        stack.callback(prometheus.close)
        victoria = VictoriaMetrics(tmp_path / 'victoria')
        stack.callback(victoria.close)
        made = []
        for server in (prometheus, victoria):
            for how in (signal.SIGTERM, signal.SIGKILL):
                name = f'{type(server).__name__}-{how.name}'
                link = Link(server.port)
                stack.callback(link.cut)
                agent = Agent(tmp_path / name, agent_unit.Agent(
                    name, 'lab', f'http://127.0.0.1:{link.port}/api/v1/write', exporter))
                stack.callback(agent.end)
                made.append(Case(name, server, link, agent, how))
        yield made


def test_nothing_is_missing_after_an_outage_and_a_restart(cases: list[Case]) -> None:
    pause = threading.Event().wait
    for case in cases:
        wait(lambda case=case: case.server.query(f'{SEEN[:-1]},robot="{case.name}"}}'), case.name)
    began = time.time()
    pause(BEFORE)
    for case in cases:
        case.link.cut()
    cut = time.time()
    pause(HALF)
    for case in cases:
        at = time.time()
        case.agent.end(case.how)
        case.agent.start()
        case.down = (at, time.time())
    pause(HALF)
    mended = time.time()
    for case in cases:
        case.link.mend()
    for case in cases:
        expr = f'{SEEN[:-1]},robot="{case.name}",site="lab"}}'
        wait(lambda case=case, expr=expr: covers(case.samples(expr), cut, mended),
             f'what {case.name} kept')
        judge(case, case.samples(expr), began)


def covers(samples: list[tuple[float, float]], start: float, end: float) -> bool:
    return bool(samples) and samples[0][0] < start and samples[-1][0] > end and any(
        start < at < end for at, _ in samples)


def judge(case: Case, samples: list[tuple[float, float]], began: float) -> None:
    times = sorted(at for at, _ in samples)
    gaps = [(b - a, a) for a, b in pairwise(times) if b > began]
    longest = max(gaps)[0]
    over_restart = max(gap for gap, at in gaps
                       if at <= case.down[1] + INTERVAL and at + gap >= case.down[0] - INTERVAL)
    print(f'{case.name}: {len(times)} samples, longest gap {longest:.1f} s, over the restart '
          f'{over_restart:.1f} s')
    assert len(set(times)) == len(times)
    assert longest <= LONGEST[case.how] + STALL, sorted(gaps)[-3:]
    assert case.agent.value('vmagent_remotewrite_packets_dropped_total') == 0
    # Each sample is of its own time: none was made up when the link was back.
    assert all(abs(at - value) < 2 * INTERVAL for at, value in samples)
