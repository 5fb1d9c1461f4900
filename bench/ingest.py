"""
CPU per message of the whole recorder, beside rclpy's default executor taking the same load raw.

`python bench/ingest.py [--hz 500] [--seconds 10]` publishes a joint state of 29 joints (972
bytes), measures both one after the other, then the time from the end of a post-roll until the
snippet is there.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time

import psutil
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.start import start

NAMESPACE = '/bench'


def publish(hz: float) -> None:
    """Publish until killed; the load."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('load', namespace=NAMESPACE)
    publisher = node.create_publisher(JointState, 'joint_states', 100)
    names = [f'joint_{n:02d}' for n in range(29)]
    message = JointState(name=names, position=[0.1] * 29, velocity=[0.2] * 29)
    due = time.monotonic()
    while True:
        publisher.publish(message)
        due += 1.0 / hz
        time.sleep(max(0.0, due - time.monotonic()))


def execute() -> None:
    """Take the load with rclpy's executor, raw, and do nothing with it."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('taker', namespace=NAMESPACE)
    node.create_subscription(JointState, 'joint_states', lambda _: None, 1000, raw=True)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


def record(data_dir: str) -> None:
    """Run the recorder."""
    process = next(p for p in PROCESSES if p.name == 'snippet_recorder')
    sys.exit(start(process, [
        '--ros-args', '-r', f'__ns:={NAMESPACE}', '-p', f'data_dir:={data_dir}',
        '-p', 'pre_roll:=5.0', '-p', 'post_roll:=2.0', '-p', 'min_free_bytes:=0']))


@contextmanager
def child(*args: str) -> Iterator[psutil.Process]:
    """Run a role of this file in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, *args], stdout=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def cpu(process: psutil.Process, seconds: float) -> float:
    """Return the CPU time a process takes in some seconds, in s."""
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return float(after.user - before.user + after.system - before.system)


def measure(hz: float, seconds: float) -> None:
    """Measure both and print."""
    with child('publish', '--hz', str(hz)):
        with child('execute') as executor:
            time.sleep(4.0)
            theirs = cpu(executor, seconds) / (hz * seconds) * 1e6
        with tempfile.TemporaryDirectory() as data_dir:
            with child('record', '--data-dir', data_dir) as recorder:
                time.sleep(7.0)
                ours = cpu(recorder, seconds) / (hz * seconds) * 1e6
                saved_s = snippet(Path(data_dir))
                rss = recorder.memory_info().rss / 2**20
            (folder,) = SnippetRoot(Path(data_dir)).published()
            topic = read_label(folder).topics[f'{NAMESPACE}/joint_states']
    print(json.dumps({
        'hz': hz, 'executor_us': round(theirs, 1), 'recorder_us': round(ours, 1),
        'ratio': round(ours / theirs, 3), 'snippet_messages': topic.messages, 'lost': topic.lost,
        'post_roll_to_saved_s': round(saved_s, 3), 'rss_mib': round(rss)}))


def snippet(data_dir: Path) -> float:
    """Ask for a snippet; return the time from the end of its post-roll until it is there."""
    rclpy.init()
    node = rclpy.create_node('asker', namespace=NAMESPACE)
    client = node.create_client(Trigger, 'snippet_recorder/trigger_snippet')
    client.wait_for_service()
    rclpy.spin_until_future_complete(node, client.call_async(Trigger.Request()))
    root = SnippetRoot(data_dir)
    while not root.published():
        time.sleep(0.002)
    saved = time.monotonic_ns()
    label = read_label(root.published()[0])
    rclpy.shutdown()
    return (saved - label.window.end.mono_ns) / 1e9


def main() -> None:
    """Measure, or play a role."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('role', nargs='?', choices=('publish', 'execute', 'record'))
    parser.add_argument('--hz', type=float, default=500.0)
    parser.add_argument('--seconds', type=float, default=10.0)
    parser.add_argument('--data-dir', default='')
    args = parser.parse_args()
    if args.role == 'publish':
        publish(args.hz)
    elif args.role == 'execute':
        execute()
    elif args.role == 'record':
        record(args.data_dir)
    else:
        domain = Domain()
        os.environ.update(domain.env())
        measure(args.hz, args.seconds)
        domain.close()


if __name__ == '__main__':
    main()
