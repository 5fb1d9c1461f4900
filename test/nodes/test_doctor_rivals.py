"""Strangers on guarded topics, as the doctor sees them over real DDS."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
import subprocess
import sys

from geometry_msgs.msg import TwistStamped
import pytest
import rclpy
from rclpy.node import Node

from flywheel_nodes.core.doctor.finding import Finding, Level
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.effects import clocks
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from flywheel_nodes.nodes.doctor_buses import Listener
from flywheel_nodes.nodes.doctor_rivals import Guard, Viewer
from test.harness import Bench

NODES = [process.name for process in PROCESSES]
ELSEWHERE = """
import sys
from geometry_msgs.msg import TwistStamped
import rclpy
rclpy.init()
node = rclpy.create_node('navigator', namespace=sys.argv[1])
node.create_publisher(TwistStamped, 'robot/cmd_vel', 1)
print('ready', flush=True)
sys.stdin.read()
"""


@pytest.fixture
def guard(bench: Bench, tmp_path: Path) -> Iterator[Guard]:
    with closing(Listener(bench.namespace)) as listener:
        yield Guard(Viewer(listener.node, listener.namespace, tmp_path), NODES)


@pytest.fixture
def stranger(bench: Bench) -> Iterator[Node]:
    node = rclpy.create_node('navigator', namespace=bench.namespace)
    yield node
    node.destroy_node()


def until(bench: Bench, guard: Guard, *words: str) -> Finding:
    def found() -> Finding | None:
        guard.step(clocks.now())
        return next((one for one in guard.findings() if all(
            word in one.sentence for word in words)), None)
    one = bench.until(found, f'a competitor: {words}')
    assert isinstance(one, Finding) and one.level is Level.WRONG and one.check == 'competitor'
    return one


def test_our_own_nodes_are_no_competitors(bench: Bench, guard: Guard) -> None:
    bench.start('control_arbiter', ControlArbiter)
    bench.until(lambda: bench.probe.node.count_publishers('robot/cmd_vel') == 1, 'the arbiter')
    guard.step(clocks.now())
    assert guard.findings() == []


def test_a_stranger_on_a_command_topic(bench: Bench, guard: Guard, stranger: Node) -> None:
    bench.start('control_arbiter', ControlArbiter)
    stranger.create_publisher(TwistStamped, 'robot/cmd_vel', 1)
    found = until(bench, guard, f'{bench.namespace}/navigator', 'robot/cmd_vel: ')
    assert 'control_arbiter may; its commands are not passed on' in found.sentence


def test_a_stranger_of_another_process_is_told_with_it(bench: Bench, guard: Guard) -> None:
    process = subprocess.Popen([sys.executable, '-c', ELSEWHERE, bench.namespace],
                               stdin=subprocess.PIPE)
    try:
        found = until(bench, guard, f'{bench.namespace}/navigator (pid {process.pid}: ')
        assert found.remedy.startswith(f'kill {process.pid};')
    finally:
        process.kill()
        process.communicate()
