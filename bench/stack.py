"""
The whole stack on the embedded robot: CPU at rest and where it goes, lateness of the arbiter.

At rest means HOLD, with the policy proposing, nobody connected and no camera. The profile runs
each node under cProfile with a clock of the thread's own CPU time, in a stack of its own, because
it costs.
"""

from contextlib import ExitStack
import cProfile
from pathlib import Path
import pstats
import sys
import tempfile
import time

import psutil

from bench.harness import (
    call,
    child,
    differences,
    Metric,
    NAMESPACE,
    own_domain,
    save,
    Stack,
    stack,
)
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.effects.bring_up import plan, Wanted
from flywheel_nodes.nodes.shell import Shell
from flywheel_nodes.sim.turn_checks import Series
from flywheel_nodes.start import start

SETTLE, REST, DRIVE = 8.0, 15.0, 8.0
EMBEDDED = ('sim_robot', 'policy')
BUSY, NICE = 'while True: pass', 5


def main() -> None:
    """Measure."""
    with own_domain():
        with stack('--param', 'sim_robot.camera_rate:=0.0') as without_cameras:
            time.sleep(SETTLE)
            metrics = at_rest(without_cameras)
        with stack() as running:
            time.sleep(SETTLE)
            metrics += lateness(running, 'at rest', 0.002)
            drive()
            metrics += lateness(running, 'policy drives', 0.002)
            with child('-c', BUSY, niceness=NICE), child('-c', BUSY, niceness=NICE):
                metrics += lateness(running, 'both cores taken', 0.02)
        with stack('--param', 'control_arbiter.rate:=100.0') as fast:
            time.sleep(SETTLE)
            drive()
            metrics += lateness(fast, 'at 100 Hz, policy drives', 0.003)
        print(profile())
    save('stack', metrics)


def threads(process: psutil.Process) -> tuple[float, float, float]:
    """Return CPU seconds of a node's loop, its other Python threads and those of DDS."""
    loop = other = dds = 0.0
    for thread in process.threads():
        name = Path(f'/proc/{process.pid}/task/{thread.id}/comm').read_text().strip()
        seconds = thread.user_time + thread.system_time
        if thread.id == process.pid:
            loop += seconds
        elif name.startswith('dds'):
            dds += seconds
        else:
            other += seconds
    return loop, other, dds


def at_rest(running: Stack) -> list[Metric]:
    """Measure the CPU of each node, and tell which of its threads takes it."""
    nodes = running.processes()
    before, began = {name: threads(p) for name, p in nodes.items()}, time.monotonic()
    time.sleep(REST)
    after, took = {name: threads(p) for name, p in nodes.items()}, time.monotonic() - began
    shares = {name: [100 * (b - a) / took for a, b in zip(before[name], after[name], strict=True)]
              for name in nodes}
    print(f'{"% of a core at rest":<20}{"loop":>8}{"other":>8}{"DDS":>8}')
    for name, parts in shares.items():
        print(f'{name:<20}' + ''.join(f'{part:8.1f}' for part in parts))
    found = [Metric(f'CPU at rest, {name}', sum(parts), '% of a core')
             for name, parts in shares.items()]
    ours = sum(sum(parts) for name, parts in shares.items() if name not in EMBEDDED)
    return [*found, Metric('CPU at rest, all but the embedded robot and its policy', ours,
                           '% of a core', 40.0)]


def lateness(running: Stack, when: str, goal: float) -> list[Metric]:
    """Return how late the arbiter's ticks began over some seconds: mean and 99th percentile."""
    before = running.scrape()
    time.sleep(DRIVE)
    grown = differences(before, running.scrape(), 'flywheel_loop_late_seconds')
    mine = {key: n for key, n in grown.items() if 'node="control_arbiter"' in key}
    ticks = next(n for key, n in mine.items() if '_count' in key)
    total = next(n for key, n in mine.items() if '_sum' in key)
    return [Metric(f'arbiter tick lateness, mean, {when}', 1000 * total / ticks, 'ms'),
            Metric(f'arbiter tick lateness, 99 % within, {when}', 1000 * quantile(mine, 0.99),
                   'ms', 1000 * goal)]


def quantile(buckets: Series, share: float) -> float:
    """Return the upper edge of the bucket that a quantile falls into, in s."""
    edges = sorted((float(key.split('le="')[1].split('"')[0]), n)
                   for key, n in buckets.items() if 'le="' in key)
    return next(edge for edge, n in edges if n >= share * edges[-1][1])


def drive() -> None:
    """Let the policy drive."""
    while not call('control_arbiter/resume'):
        time.sleep(0.2)


# --- where it goes -------------------------------------------------------------------------------

# Functions, by the end of their file's name, whose time with all they call makes up a column.
COLUMNS = {
    'take': (('~', 'take_message'),), 'publish': (('~', 'publish'), ('~', 'publish_raw')),
    'graph': (('inlet.py', 'look_around'), ('graph_watch.py', 'poll'), ('graph.py', 'look')),
    'sleep': (('~', 'sleep'),)}


def profile() -> str:
    """Return a table of what the loop of each node spends its CPU time on."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        made = plan(Wanted(namespace=NAMESPACE, data_dir=f'{folder}/data', settings=(
            'health_exporter.port:=0', 'teleop_relay.port:=0')))
        for name, command in made.commands.items():
            arguments = command[command.index(name):]
            running.enter_context(child('-m', 'bench.stack', f'{folder}/{name}', *arguments))
        time.sleep(SETTLE + REST)
        running.close()
        lines = [_spent(name, f'{folder}/{name}') for name in made.commands]
    head = f'{"% of the loop in":<20}' + ''.join(f'{c:>8}' for c in (*COLUMNS, 'rest'))
    return '\n'.join([head, *lines])


def _spent(name: str, file: str) -> str:
    stats = pstats.Stats(file)
    entries = stats.stats.items()  # type: ignore[attr-defined]
    shares = [100 / stats.total_tt * sum(  # type: ignore[attr-defined]
        entry[3] for (path, _, function), entry in entries
        if any(path.endswith(end) and function.rstrip('>').split(' ')[-1].split('.')[-1] == what
               for end, what in column)) for column in COLUMNS.values()]
    return f'{name:<20}' + ''.join(f'{v:8.0f}' for v in (*shares, 100 - sum(shares)))


def profiled(file: str, name: str, *args: str) -> int:
    """Run a node with its loop under a profiler that counts the CPU time of its thread."""
    profiler, spin = cProfile.Profile(time.thread_time), Shell.spin
    Shell.spin = lambda *them: profiler.runcall(spin, *them)  # type: ignore[method-assign]
    code = start(next(p for p in PROCESSES if p.name == name), args)
    profiler.dump_stats(file)
    return code


if __name__ == '__main__':
    sys.exit(profiled(*sys.argv[1:]) if sys.argv[1:] else main())
