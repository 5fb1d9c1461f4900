"""A bag comes out of ROS as it went in; a real robot's log goes through the running recorder."""

import argparse
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy

from flywheel_nodes.commands import replay
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.bag_source import open_source
from flywheel_nodes.effects.recording.snippet_folder import broken
from flywheel_nodes.nodes.replay import qos_of
from test.harness import Bench
from test.nodes.test_snippet_recorder import request, Robot

RATE = 20.0
PERIODS = {'imu/data': 0.034, 'husky_velocity_controller/odom': 0.21, 'fix': 0.45}
SCRIPT = ('import argparse, sys; from flywheel_nodes.commands import replay; '
          'p = argparse.ArgumentParser(); replay.add_arguments(p); '
          'sys.exit(replay.run(p.parse_args()))')


def play(*args: str) -> 'subprocess.Popen[str]':
    return subprocess.Popen([sys.executable, '-c', SCRIPT, *args], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def parsed(*args: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    return parser.parse_args(args)


def padded(data: bytes) -> bytes:
    """Return a payload as DDS carries it between processes: filled up to whole words."""
    return data + bytes(-len(data) % 4)


def is_run_of(part: list[Any], whole: list[Any]) -> bool:
    return any(whole[i:i + len(part)] == part
               for i in range(len(whole) - len(part) + 1) if whole[i] == part[0])


def test_a_real_log_is_recorded_byte_for_byte(bench: Bench, husky: Path) -> None:
    robot = Robot(bench, pre_roll=1.5, post_roll=0.5)
    ring = robot.recorder._intake.ring
    process = play(str(husky), '--rate', str(RATE), '--duration', '100',
                   '--namespace', bench.namespace)
    try:
        bench.until(lambda: len(ring) > 1600, 'a good part of the log')
        request(bench)
        bench.until(robot.saved, 'snippet_saved')
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
    finally:
        process.kill()
        process.wait()
    folder, label = robot.snippet()

    assert 'messages' in out
    assert broken(folder, label) == ''
    for name, period in PERIODS.items():
        with open_source(husky) as source:
            sent = [padded(data) for topic, _, data in source.messages(0, 110)
                    if topic == f'/{name}']
        full = f'{bench.namespace}/{name}'
        with snippet_reader.open_bag(folder) as bag:
            got = list(bag.messages([full]))
        assert is_run_of([padded(one.data) for one in got], sent)
        assert label.topics[full].lost == 0
        # Edges within one period, and what two busy cores add to it.
        slack = int((period / RATE + 0.05) * 1e9)
        assert got[0].log_ns - label.window.start.wall_ns < slack
        assert label.window.end.wall_ns - got[-1].log_ns < slack
    assert label.duration_s == pytest.approx(2.0, abs=0.1)


def test_ctrl_c_ends_it_cleanly(husky: Path) -> None:
    process = play(str(husky), '--delay', '0', '--namespace', '/nobody')
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=2.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert 'Traceback' not in err
    assert '/nobody/imu/data' in out


def test_what_is_not_a_bag_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'torn.mcap').write_bytes(b'\x89MCAP0\r\n')
    for name, said in (('missing', 'no such bag'), ('empty', 'not a rosbag2 bag'),
                       ('torn.mcap', 'not a rosbag2 bag')):
        with pytest.raises(ConfigError, match=said) as error:
            replay.run(parsed(str(tmp_path / name)))
        assert '\n' not in str(error.value)


@pytest.mark.parametrize(('args', 'said'), [
    (['--rate', '0'], '--rate'), (['--start', '-1'], '--start'),
    (['--remap', 'imu'], 'FROM:=TO'),
])
def test_a_bad_command_line_is_told(args: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        replay.run(parsed(str(tmp_path), *args))


def test_the_recorded_qos_is_offered_again() -> None:
    assert qos_of([]).durability is DurabilityPolicy.VOLATILE
    latched = qos_of([Offer(durability='transient_local', depth=200)])
    assert latched.durability is DurabilityPolicy.TRANSIENT_LOCAL
    assert latched.depth == 200
    assert qos_of([Offer(lifespan_ns=200_000_000)]).lifespan.nanoseconds == 200_000_000
