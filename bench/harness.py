"""What the benches share: results in one form, children of their own, and a running stack."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
import json
import os
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.request import urlopen

import psutil
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.sim.turn_checks import parse, Series

OUT = Path('build/bench')
NAMESPACE = '/bench'
CALL_S = 30.0


@dataclass(frozen=True)
class Metric:
    """
    One measured quantity, the median of its repeats.

    goal: what it should reach, None where it is only observed; direction: 'lower' or 'higher' is
    better; peer: who else was measured in the same run, and peer_value.
    """

    metric: str
    value: float
    unit: str
    goal: float | None = None
    direction: str = 'lower'
    peer: str = ''
    peer_value: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, None without one."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.direction == 'lower' else self.value >= self.goal


def save(name: str, metrics: Sequence[Metric]) -> None:
    """Write build/bench/NAME.json and print the table."""
    OUT.mkdir(parents=True, exist_ok=True)
    rounded = [asdict(m) | {'value': _round(m.value), 'peer_value': _round(m.peer_value)}
               for m in metrics]
    (OUT / f'{name}.json').write_text(json.dumps(rounded, indent=1) + '\n')
    print(table(metrics), flush=True)


def load(name: str) -> list[Metric]:
    """Return what a bench has saved."""
    return [Metric(**row) for row in json.loads((OUT / f'{name}.json').read_text())]


def table(metrics: Sequence[Metric]) -> str:
    """Return metrics as lines of text."""
    head = ('metric', 'value', 'unit', 'goal', 'peer', '', '')
    rows = [head, *(_row(m) for m in metrics)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return '\n'.join('  '.join(
        cell.rjust(width) if i in (1, 3, 5) else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows)


def _row(m: Metric) -> tuple[str, ...]:
    bound = '' if m.goal is None else f'{"<=" if m.direction == "lower" else ">="} {m.goal:g}'
    peer = '' if m.peer_value is None else f'{_round(m.peer_value):g}'
    verdict = {None: '', True: 'met', False: 'MISSED'}[m.met]
    return m.metric, f'{_round(m.value):g}', m.unit, bound, m.peer, peer, verdict


def _round(value: float | None) -> float | None:
    return None if value is None else float(f'{value:.4g}')


def median(repeats: int, measure: Callable[[], float]) -> float:
    """Return the median of some measurements."""
    return statistics.median(measure() for _ in range(repeats))


# --- processes -----------------------------------------------------------------------------------

@contextmanager
def own_domain() -> Iterator[None]:
    """Have this process and its children talk in a domain of their own."""
    domain = Domain()
    os.environ.update(domain.env())
    try:
        yield
    finally:
        domain.close()


@contextmanager
def child(*command: str, niceness: int = 0) -> Iterator[psutil.Process]:
    """Run Python with these arguments, and end it."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL,
                               preexec_fn=lambda: os.nice(niceness) and None)
    try:
        yield psutil.Process(process.pid)
        if process.poll() is not None:
            raise RuntimeError(f'{" ".join(command)} ended by itself')
    finally:
        process.terminate()
        process.wait()


def cpu(process: psutil.Process, seconds: float) -> float:
    """Return the share of one core that a process takes during some seconds."""
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after, took = process.cpu_times(), time.monotonic() - began
    return float(after.user - before.user + after.system - before.system) / took


def call(service: str) -> bool:
    """Call a std_srvs/Trigger of a node in our namespace; False also when it is not there."""
    with ros(context=Context()) as context:
        node = Node('caller', namespace=NAMESPACE, context=context)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        client = node.create_client(Trigger, service)
        client.wait_for_service(CALL_S)
        future = client.call_async(Trigger.Request())
        executor.spin_until_future_complete(future, CALL_S)
        executor.shutdown()
        node.destroy_node()
        return future.done() and bool(future.result().success)


# --- the whole stack -----------------------------------------------------------------------------

class Stack:
    """`flywheel up` on the embedded robot."""

    def __init__(self, process: psutil.Process, data_dir: Path) -> None:
        """Wait until it can be reached."""
        self.data_dir = data_dir
        self._up = process
        end = time.monotonic() + 60
        while not all(url_of(data_dir, name) for name in ('health_exporter', 'teleop_relay')):
            if time.monotonic() > end or not process.is_running():
                raise RuntimeError('the stack does not come up: try `flywheel up`')
            time.sleep(0.1)

    def processes(self) -> dict[str, psutil.Process]:
        """Return the nodes by name."""
        return {p.cmdline()[p.cmdline().index('flywheel_nodes.start') + 1]: p
                for p in self._up.children()}

    def scrape(self) -> Series:
        """Return all metrics."""
        with urlopen(url_of(self.data_dir, 'health_exporter')) as answer:
            return parse(answer.read().decode())


@contextmanager
def stack(*args: str) -> Iterator[Stack]:
    """Run the stack in a directory of its own, on free ports."""
    ports = ('--param', 'health_exporter.port:=0', '--param', 'teleop_relay.port:=0')
    with tempfile.TemporaryDirectory() as folder, child(
            '-m', 'flywheel_nodes.cli', 'up', '--data-dir', folder, '--log-level', 'error',
            '--namespace', NAMESPACE.strip('/'), *ports, *args) as process:
        yield Stack(process, Path(folder))


def differences(before: Mapping[str, float], after: Mapping[str, float],
                prefix: str) -> dict[str, float]:
    """Return by how much the series that start with a prefix have grown."""
    return {key: value - before.get(key, 0.0) for key, value in after.items()
            if key.startswith(prefix)}
