"""/tf_static of several drivers, each a process of its own: each snippet begins with all of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

import pytest
from rosbags.highlevel import AnyReader

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.topics import TF_STATIC
from flywheel_nodes.effects.recording.snippet_folder import broken, read_label
from test.decoding import lone_mcap, same
from test.harness import Bench, ros_args
from test.interfaces import build
from test.interfaces.broadcast import transform
from test.nodes.test_snippet_recorder import joint_state, request, Robot, SHORT

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def env() -> dict[str, str]:
    """Return the environment in which tf2_msgs is installed."""
    reason = build.missing()
    if reason:
        pytest.skip(reason)
    return build.environment(build.prefix(['tf2_msgs']))


@contextmanager
def process(env: dict[str, str], *argv: str) -> Iterator[None]:
    """Run a module until the end of the block; its standard input ends then."""
    running = subprocess.Popen([sys.executable, '-m', *argv], env=env, cwd=ROOT,
                               stdin=subprocess.PIPE)
    try:
        yield
    finally:
        running.terminate()
        running.communicate(timeout=20)


@contextmanager
def recorder(env: dict[str, str], bench: Bench) -> Iterator[None]:
    params = {**SHORT, 'data_dir': str(bench.folder)}
    with process(env, 'flywheel_nodes.start', 'snippet_recorder',
                 *ros_args(bench.namespace, params)):
        yield


def driver(env: dict[str, str], number: int) -> Any:
    return process(env, 'test.interfaces.broadcast', f'sensor_{number}', str(number))


class Ear:
    """Hears what a recorder in another process tells of itself, and gives it messages."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.probe.listen(topics.EVENTS, topics.METRICS)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        # A count that begins late is told as 0 for 16 s, so that a scraper sees where it began.
        return self.bench.until(condition, what, timeout=60.0, each=lambda: (
            self.bench.probe.publish(topics.JOINT_STATES, joint_state(1))))

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, 'time')

    def received(self) -> float:
        """Return how many messages of /tf_static the recorder has got."""
        reports = [wire.report_from_statuses(message.status)
                   for message in self.bench.probe.heard[topics.METRICS.name]]
        key = 'topic_messages_total', (TF_STATIC, 'snippet_recorder')
        return max((report.series[key].value for report in reports if key in report.series),
                   default=0.0)

    def saved(self) -> list[Path]:
        events = [wire.event_from_status(status)
                  for message in self.bench.probe.heard[topics.EVENTS.name]
                  for status in message.status if status.name == EventName.SNIPPET_SAVED]
        return [Path(event.values['path']) for event in events]

    def snippet(self) -> Path:
        """Request a snippet and return its folder."""
        before = len(self.saved())
        request(self.bench)
        self.until(lambda: len(self.saved()) > before, 'snippet_saved')
        return self.saved()[-1]


def check(folder: Path, count: int) -> None:
    """Compare a snippet's static transforms with those of the first drivers."""
    label = read_label(folder)
    assert broken(folder, label) == ''
    start = min(one.first_ns for one in label.topics.values())
    expected = [transform(f'sensor_{number}', number) for number in range(count)]

    with AnyReader([folder]) as reader:  # no types but those in the file
        connections = [one for one in reader.connections if one.topic == TF_STATIC]
        assert {one.ext.offered_qos_profiles[0].durability.name for one in connections} == {
            'TRANSIENT_LOCAL'}
        by_rosbags = [(log_ns, reader.deserialize(data, one.msgtype))
                      for one, log_ns, data in reader.messages(connections)]
    by_mcap = [(log_ns, message) for topic, log_ns, message
               in lone_mcap(folder / f'{folder.name}.mcap') if topic == TF_STATIC]
    for found in (by_rosbags, by_mcap):
        assert [log_ns for log_ns, _ in found] == [start] * count
        got = sorted((message.transforms for _, message in found),
                     key=lambda transforms: transforms[0].child_frame_id)
        assert same([[one] for one in expected], got)

    originals = [one for one in label.latched if one.topic == TF_STATIC]
    assert len({(one.publisher, one.source_ns) for one in originals}) == count
    assert all(one.received_ns < label.window.start.wall_ns for one in originals)
    assert label.topics[TF_STATIC].lost == 0


def test_a_snippet_begins_with_the_transforms_of_all_drivers(bench: Bench,
                                                              env: dict[str, str]) -> None:
    ear = Ear(bench)
    with ExitStack() as stack:
        stack.enter_context(driver(env, 0))
        stack.enter_context(driver(env, 1))
        stack.enter_context(recorder(env, bench))
        ear.until(lambda: ear.received() == 2, 'the first two transforms')
        stack.enter_context(driver(env, 2))
        ear.until(lambda: ear.received() == 3, 'the third transform')
        ear.wait(SHORT['pre_roll'] + 0.3)
        check(ear.snippet(), 3)
        check(ear.snippet(), 3)


def test_a_type_that_is_not_installed_is_told_once_and_the_others_are_recorded(
        bench: Bench, env: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    robot = Robot(bench)

    def skipped() -> float:
        return robot.recorder._shell.metrics.cell('recorder_topics_skipped').value
    with driver(env, 0):
        robot.until(skipped, 'a skipped topic')
        robot.ready()
        request(bench)
        _, label = robot.snippet()
    assert skipped() == 1.0
    assert TF_STATIC not in label.topics
    assert label.topics[robot.name(topics.JOINT_STATES)].lost == 0
    said = [line for line in capfd.readouterr().err.splitlines() if TF_STATIC in line]
    assert len(said) == 1
    assert 'install the ROS package tf2_msgs' in said[0]
