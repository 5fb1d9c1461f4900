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
from flywheel_nodes.nodes.policy_monitor import PolicyMonitor
from flywheel_nodes.nodes.replay import qos_of
from test.harness import Bench
from test.nodes.test_health_exporter import Rig
from test.nodes.test_snippet_recorder import request, Robot

RATE = 40.0
ODOM = 'husky_velocity_controller/odom'
PERIODS = {'imu/data': 0.034, ODOM: 0.21, 'fix': 0.45}
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
    """Play a real Husky's log through recorder, monitor and exporter at once."""
    exporter = Rig(bench)
    monitor = bench.start('policy_monitor', PolicyMonitor)
    robot = Robot(bench, pre_roll=1.5, post_roll=0.5)
    imu = bench.running[-1][0].metrics.cell('topic_messages_total', topic='imu/data',
                                            node='snippet_recorder')
    process = play(str(husky), '--rate', str(RATE), '--delay', '4', '--namespace',
                   bench.namespace,
                   '--remap', f'/{ODOM}:={bench.namespace}/odom')
    try:
        bench.until(lambda: imu.value > 5900, 'half of the log')
        request(bench)
        bench.until(robot.saved, 'snippet_saved')
        bench.until(lambda: process.poll() is not None, 'the end of the log')
        out, err = process.communicate()
        assert process.returncode == 0, err
    finally:
        process.kill()
        process.wait()
    folder, label = robot.snippet()

    assert 'messages' in out
    assert broken(folder, label) == ''
    for name, period in PERIODS.items():
        with open_source(husky) as source:
            sent = [padded(data) for topic, _, data in source.messages(0, None)
                    if topic == f'/{name}']
        full = f'{bench.namespace}/{"odom" if name == ODOM else name}'
        with snippet_reader.open_bag(folder) as bag:
            got = list(bag.messages([full]))
        assert is_run_of([padded(one.data) for one in got], sent)
        assert label.topics[full].lost == 0
        # Edges within one period, and what two busy cores add to it.
        slack = int((period / RATE + 0.05) * 1e9)
        assert got[0].log_ns - label.window.start.wall_ns < slack
        assert label.window.end.wall_ns - got[-1].log_ns < slack
    assert label.duration_s == pytest.approx(2.0, abs=0.1)

    for node, topic in (('snippet_recorder', 'imu/data'), ('snippet_recorder', 'odom'),
                        ('policy_monitor', 'odom')):
        shell = next(shell for shell, _ in bench.running if shell.name == node)
        heard = shell.metrics.cell('topic_messages_total', topic=topic, node=node).value
        exporter.until(heard, 'flywheel_topic_messages_total', topic=topic, node=node)
        assert heard > 0.9 * {'imu/data': 11865, 'odom': 3952}[topic], 'of all that was played'
    exporter.until(1.0, 'flywheel_recorder_snippets_total', trigger='snippet_requested')
    assert monitor.watch.verdict.alarms == ('no_policy',), 'no alarm about a robot without one'


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
