"""
CPU per message of the whole recorder, beside rclpy's default executor that does nothing with it.

Loads: a joint state of 29 joints (972 bytes) at 500 Hz to 5 kHz, 20 such topics at 50 Hz, and both
together. Each takes each load one after the other, raw.
"""

from collections.abc import Callable, Mapping
from mmap import mmap
from pathlib import Path
import sys
import tempfile
import time

import psutil
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState

from bench.harness import call, child, cpu, median, Metric, NAMESPACE, own_domain, save
from bench.load import names
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.core.recording.label import TopicInfo
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.start import start

LOADS = ((('1x500',), 0.35), (('1x1000',), 0.25), (('1x2000',), 0.25), (('1x5000',), 0.25),
         (('20x50',), 0.25), (('1x500', '20x50'), 0.22))
START, REPEATS, SECONDS = 3.0, 3, 2.0


def execute(file: str, *words: str) -> None:
    """Take the load with rclpy's executor and do nothing but count, in a file's first bytes."""
    with Path(file).open('r+b') as shared:
        count = memoryview(mmap(shared.fileno(), 8)).cast('Q')

    def take(_: bytes) -> None:
        count[0] += 1
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('taker', namespace=NAMESPACE)
    for name in names(words):
        node.create_subscription(JointState, name, take, 1000, raw=True)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


def record(*settings: str) -> int:
    """Run the recorder with parameters NAME:=VALUE."""
    process = next(p for p in PROCESSES if p.name == 'snippet_recorder')
    params = [word for setting in (*settings, 'min_free_bytes:=0') for word in ('-p', setting)]
    return start(process, ['--ros-args', '-r', f'__ns:={NAMESPACE}', *params])


def request_snippet(folder: Path) -> Path:
    """Ask the recorder for a snippet and return it as soon as it is there."""
    root = SnippetRoot(folder)
    before = set(root.published())
    call('snippet_recorder/trigger_snippet')
    end = time.monotonic() + 60
    while not (new := set(root.published()) - before):
        if time.monotonic() > end:
            raise RuntimeError('no snippet within 60 s')
        time.sleep(0.002)
    return new.pop()


def measure(words: tuple[str, ...], goal: float) -> list[Metric]:
    """Measure both with one load."""
    with child('-m', 'bench.load', *words):
        theirs = executor_cost(words)
        ours, told = recorder_cost(words)
    lost = [told[name].lost for name in names(words)]
    what = ' + '.join(words)
    return [
        Metric(f'recorder, {what} Hz', ours, 'us/message', None, 'lower', 'executor', theirs),
        Metric(f'recorder / executor, {what} Hz', ours / theirs, 'ratio', goal),
        Metric(f'lost, {what} Hz', sum(n if n is not None else float('nan') for n in lost),
               'messages', 0)]


def executor_cost(words: tuple[str, ...]) -> float:
    """Return what rclpy's executor takes, in us per message."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(8))
        file.flush()

        def received() -> int:
            return int.from_bytes(Path(file.name).read_bytes(), sys.byteorder)
        with child('-m', 'bench.ingest', 'execute', file.name, *words) as executor:
            time.sleep(START)
            return median(REPEATS, lambda: per_message(executor, received))


def recorder_cost(words: tuple[str, ...]) -> tuple[float, Mapping[str, TopicInfo]]:
    """Return what the whole recorder takes, in us per message, and what its label says."""
    with tempfile.TemporaryDirectory() as folder, child(
            '-m', 'bench.ingest', 'record', f'data_dir:={folder}', 'pre_roll:=5.0',
            'post_roll:=0.5') as recorder:
        time.sleep(START + 2.0)
        share = median(REPEATS, lambda: cpu(recorder, SECONDS))
        label = read_label(request_snippet(Path(folder)))
    told = label.topics
    span = (label.window.end.mono_ns - label.window.start.mono_ns) / SECOND
    rate = sum(told[name].messages for name in names(words)) / span
    return share / rate * 1e6, told


def per_message(process: psutil.Process, received: Callable[[], int]) -> float:
    """Return the CPU that a process takes for each message it receives, in us."""
    before, began = received(), time.monotonic()
    share = cpu(process, SECONDS)
    return share * (time.monotonic() - began) / max(1, received() - before) * 1e6


def main(args: list[str]) -> int:
    """Measure, or play a role."""
    if args[:1] == ['execute']:
        execute(*args[1:])
    elif args[:1] == ['record']:
        return record(*args[1:])
    else:
        with own_domain():
            save('ingest', [metric for words, goal in LOADS for metric in measure(words, goal)])
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
