"""
The way of a command and of a picture: how late, over loopback and over a slow link.

The whole stack runs on the embedded robot with two cameras and an arbiter at 100 Hz. A command
counts from the call of drive() until the robot/cmd_vel of the first tick that heeds it arrives.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
import json
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time

import yaml

from bench.driver import Driver, outcome
from bench.harness import child, cpu, Metric, NAMESPACE, own_domain, save, Stack, stack
from bench.viewers import token
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.run_dir import url_of

CAMERAS = ('front', 'rear')
SETTLE_S, DRIVE_S = 4.0, 12.0
MBIT, DELAY_MS = 6, 20
MANY = 10  # of each camera
# Of each viewer: camera, seconds, frames, their ages in ms.
Seen = list[tuple[str, float, int, list[float]]]
Told = Callable[[], Seen]
CPU_S = 10.0
# The order in which processes get the CPU when there is too little of it.
SETTINGS = ('--param', 'control_arbiter.rate:=100.0', '--param', 'control_arbiter.nice:=-10',
            '--param', 'teleop_relay.nice:=-5')


@dataclass(frozen=True)
class Run:
    """What one drive showed, in ms: command to robot, round trips; of video: ages, frames/s."""

    commands: list[float]
    trips: list[float]
    ages: list[float]
    rate: float

    def command(self, share: float) -> float:
        """Return a quantile of the commands' way."""
        return quantile(self.commands, share)


def main() -> None:
    """Measure."""
    with own_domain():
        with two_cameras() as robot, stack('--robot', robot, *SETTINGS) as running:
            time.sleep(SETTLE_S)
            metrics = [*loopback(running), *slow_link(running)]
        save('teleop', [*metrics, *relay_cpu()])


@contextmanager
def two_cameras() -> Iterator[str]:
    """Give the embedded robot a second camera, in a file of its own."""
    robot = yaml.safe_load((share_dir() / 'config/robots/sim.yaml').read_text())
    robot['cameras'] = list(CAMERAS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'sim.yaml'
        path.write_text(yaml.safe_dump(robot))
        yield str(path)


def loopback(running: Stack) -> list[Metric]:
    """Measure without video, with two cameras, with many viewers."""
    url = url_of(running.data_dir, 'teleop_relay')
    alone, both, many = (drive(running, url, viewers) for viewers in (0, 1, MANY))
    print(f'{2 * MANY} viewers get {many.rate:.1f} frames/s each')
    trip, trip_alone = quantile(both.trips, 0.5), quantile(alone.trips, 0.5)
    return [
        Metric('command to robot/cmd_vel, no video, p50', alone.command(0.5), 'ms'),
        Metric('command to robot/cmd_vel, 2 cameras, p50', both.command(0.5), 'ms', 8.0),
        Metric('command to robot/cmd_vel, 2 cameras, p99', both.command(0.99), 'ms', 25.0),
        Metric(f'command to robot/cmd_vel, {2 * MANY} viewers, p99', many.command(0.99), 'ms',
               2.0 * both.command(0.99), 'lower', 'one viewer', both.command(0.99)),
        Metric('round trip, 2 cameras, p50', trip, 'ms', trip_alone + 5.0, 'lower', 'no video',
               trip_alone),
        Metric('round trip, 2 cameras, p99', quantile(both.trips, 0.99), 'ms', None, 'lower',
               'no video', quantile(alone.trips, 0.99)),
        Metric('frame age, loopback, p50', quantile(both.ages, 0.5), 'ms')]


def slow_link(running: Stack) -> list[Metric]:
    """Measure with two cameras and the commands on one slow link."""
    address = url_of(running.data_dir, 'teleop_relay').split('/')[2]
    with subprocess.Popen([sys.executable, '-m', 'bench.shaper', address, str(MBIT),
                           str(DELAY_MS)], stdout=subprocess.PIPE, text=True) as shaper:
        assert shaper.stdout
        try:
            url = f'ws://127.0.0.1:{int(shaper.stdout.readline())}/control'
            alone, far = drive(running, url, 0), drive(running, url, 1)
        finally:
            shaper.terminate()
    link = f'{MBIT} Mbit/s + {DELAY_MS} ms each way'
    return [
        Metric(f'round trip, {link}, p50', quantile(far.trips, 0.5), 'ms', 60.0, 'lower',
               'no video', quantile(alone.trips, 0.5)),
        Metric(f'round trip, {link}, p99', quantile(far.trips, 0.99), 'ms'),
        Metric(f'frame age, {link}, p50', quantile(far.ages, 0.5), 'ms', 200.0),
        Metric(f'frame age, {link}, p95', quantile(far.ages, 0.95), 'ms'),
        Metric(f'frames, {link}', far.rate, '1/s', 10.0, 'higher')]


def drive(running: Stack, url: str, viewers: int) -> Run:
    """Drive for a while with so many viewers of each camera."""
    watching = watched(url, running.data_dir, viewers, 0, *CAMERAS) if viewers else nullcontext()
    with watching as told:
        time.sleep(SETTLE_S)
        with outcome() as out:
            if told:
                told()
            driver = asyncio.run(_drive(url, token(running.data_dir, 'driver', Scope.DRIVE)))
            seen = told() if told else []
    ages = [age for _, _, _, each in seen for age in each]
    rates = [frames / seconds for _, seconds, frames, _ in seen]
    return Run(out.latencies(driver.sent), driver.trips, ages,
               statistics.median(rates) if rates else 0.0)


async def _drive(url: str, secret: str) -> Driver:
    async with Driver() as driver:
        await driver.connect(url, secret)
        await driver.claim('direct')
        await driver.go(DRIVE_S)
        await driver.release()
    return driver


@contextmanager
def watched(url: str, data_dir: Path, count: int, width: int, *cameras: str) -> Iterator[Told]:
    """Have viewers in a process of their own; yields what tells of the time since last asked."""
    with subprocess.Popen(
            [sys.executable, '-m', 'bench.viewers', url, str(data_dir), str(count), str(width),
             *cameras], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewers:
        assert viewers.stdin and viewers.stdout
        viewers.stdout.readline()

        def told() -> Seen:
            assert viewers.stdin and viewers.stdout
            viewers.stdin.write('\n')
            viewers.stdin.flush()
            seen: Seen = json.loads(viewers.stdout.readline())
            return seen
        yield told
        viewers.stdin.close()


def relay_cpu() -> list[Metric]:
    """Measure the relay alone, with a camera of 1280x720 seen at 640x360."""
    found = []
    for kind in ('jpeg', 'raw'):
        with tempfile.TemporaryDirectory() as folder, child(
                '-m', 'flywheel_nodes.start', 'teleop_relay', '--ros-args', '-r',
                f'__ns:={NAMESPACE}', '-p', f'data_dir:={folder}', '-p', 'port:=0') as relay, \
                child('-m', 'bench.camera', kind):
            time.sleep(3.0)
            url = url_of(Path(folder), 'teleop_relay')
            idle = cpu(relay, CPU_S)
            with watched(url, Path(folder), 1, 640, 'front') as told:
                time.sleep(SETTLE_S)
                told()
                busy = cpu(relay, CPU_S)
                _, seconds, frames, ages = told()[0]
        print(f'{kind}: {frames / seconds:.1f} frames/s, age {quantile(ages, 0.5):.0f} ms')
        found.append(Metric(
            f'relay, a viewer of 640x360 at 15 fps, from 1280x720 {kind}', 100 * busy,
            '% of a core', 15.0 if kind == 'jpeg' else None, 'lower', 'without viewer',
            100 * idle))
    return found


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


if __name__ == '__main__':
    main()
