"""A recorder that has to change its subscriptions, and one that cannot follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import subprocess
import sys

import pytest
from rclpy.node import Node
from std_msgs.msg import Int32, String

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import EventName
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.channel import Channel
from test.harness import Bench
from test.nodes.test_snippet_recorder import request, Robot
from test.nodes.voices import Offering, Snippet, stranger, Voice

ROOT = Path(__file__).resolve().parents[2]
RELIABLE = Offering(reliable=True, latched=False)
BEST_EFFORT = Offering(reliable=False, latched=False)


@pytest.fixture
def elsewhere(namespace: str) -> Iterator[Node]:
    with stranger(namespace) as node:
        yield node


@contextmanager
def talking(topic: str) -> Iterator[subprocess.Popen[str]]:
    """Have a process publish all the time."""
    with subprocess.Popen([sys.executable, '-m', 'test.talker', topic], text=True, cwd=ROOT,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_nothing_is_lost_while_the_recorder_adapts(bench: Bench, elsewhere: Node) -> None:
    robot = Robot(bench, pre_roll=15.0)
    topic = f'{bench.namespace}/busy'

    def channel() -> Channel | None:
        channels = robot.recorder._graph.channels.values()
        return next((one for one in channels if one.topic == topic and one.last_ns), None)

    def adapted() -> bool:
        one = channel()
        return one is not None and not one.leaving and not any(qos.reliable for qos in one.taps)
    with talking(topic) as process:
        bench.until(channel, 'the one that talks')
        Voice(elsewhere, topic, 'late', BEST_EFFORT).say()
        bench.until(adapted, 'another subscription in place of the first')
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        bench.until(lambda: process.poll() is not None, 'its end')
        last = int(process.stdout.read())
    request(bench)
    folder, label = robot.snippet()
    texts = [one.decoded.data for one in Snippet(folder).messages[topic]]
    got = [int(text.split()[1]) for text in texts if text.startswith('busy')]
    assert got == list(range(got[0], last + 1))
    assert label.topics[topic].lost == (0 if distro.NAMES_PUBLISHERS else None)


@pytest.mark.parametrize('offering', [RELIABLE, BEST_EFFORT], ids=lambda one: one.words[0])
def test_bursts_of_one_that_keeps_one_message_are_in_or_counted(
        bench: Bench, elsewhere: Node, offering: Offering) -> None:
    robot = Robot(bench)
    voice = Voice(elsewhere, f'{bench.namespace}/burst', 'burst', offering, depth=1)
    robot.until(voice.out.get_subscription_count, 'a subscription')
    robot.ready()
    for _ in range(5):
        for _ in range(300):
            voice.say()
        robot.wait(0.05)
    request(bench)
    folder, label = robot.snippet()
    got = Snippet(folder).said(voice)
    assert got == [text for text in voice.sent if text in set(got)]
    last = voice.sent.index(got[-1]) + 1
    first = voice.sent.index(got[0])
    assert label.topics[voice.topic].lost == last - first - len(got)
    assert last > 0.9 * len(voice.sent)


def test_of_two_types_on_one_name_one_is_recorded_and_the_other_told(
        bench: Bench, elsewhere: Node, namespace: str) -> None:
    robot = Robot(bench)
    texts = elsewhere.create_publisher(String, 'both', 10)
    robot.until(texts.get_subscription_count, 'a subscription')

    def told() -> list[str]:
        return robot._values(EventName.QOS_INCOMPATIBLE, 'policy')
    with stranger(namespace) as other:
        numbers = other.create_publisher(Int32, 'both', Offering(False, True).profile(5))
        robot.until(told, 'qos_incompatible')
        robot.wait(1.0)
        for number in range(5):
            texts.publish(String(data=str(number)))
            numbers.publish(Int32(data=number))
        robot.wait(0.2)
        request(bench)
        folder, label = robot.snippet()
    topic = f'{bench.namespace}/both'
    snippet = Snippet(folder)
    assert [one.decoded.data for one in snippet.messages[topic]] == [*'01234']
    assert told() == ['type std_msgs/msg/Int32 instead of std_msgs/msg/String']
    assert label.topics[topic].type == 'std_msgs/msg/String'
    assert snippet.offered[topic] == {('reliable', 'volatile')}
    assert label.topics[robot.name(topics.JOINT_STATES)].messages
