"""Topics that change their type, come when there is no room, or fail to be written."""

from pathlib import Path
from typing import Any

import pytest
from rclpy.node import Node
from rosbags.highlevel import AnyReader
from std_msgs.msg import Int32, String

from flywheel_nodes.core.events import EventName
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.effects.recording.verification import verify
from flywheel_nodes.nodes import graph_watch
from test.harness import Bench
from test.nodes.test_recorder_receiving import Chatter
from test.nodes.test_snippet_recorder import request, Robot
from test.nodes.voices import stranger


class Fickle:
    """A topic of other processes that changes its type while it is recorded."""

    def __init__(self, bench: Bench, **params: Any) -> None:
        self.name = f'{bench.namespace}/a'
        self.robot = Robot(bench, **params)
        self.chatter = Chatter(bench, self.robot)

    def speak(self, node: Node, message: Any) -> None:
        """Publish on it until a few have been heard."""
        before = self.chatter.heard('a')
        out = node.create_publisher(type(message), self.name, 10)
        self.chatter.out = [(out, message)]
        self.chatter.until(lambda: self.chatter.heard('a') > before + 3, 'messages')
        self.chatter.out.clear()

    def types(self, folder: Path) -> set[str]:
        """Return the types of the topic in a bag, as another reader sees it."""
        with AnyReader([folder]) as reader:
            return {c.msgtype for c in reader.connections if c.topic == self.name}


def test_a_topic_that_changes_its_type_is_recorded_again(bench: Bench) -> None:
    topic = Fickle(bench)
    with stranger(bench.namespace) as node:
        topic.speak(node, String(data='x'))
    with stranger(bench.namespace) as node:
        topic.speak(node, Int32(data=7))
        request(bench)
        folder, label = topic.robot.snippet()
    told = label.topics[topic.name]
    assert (told.type, told.messages > 3) == ('std_msgs/msg/Int32', True)
    assert topic.types(folder) == {'std_msgs/msg/Int32'}, 'a bag has one type a topic'
    assert verify(folder) == []


def test_an_open_snippet_keeps_to_the_type_it_began_with(bench: Bench) -> None:
    topic = Fickle(bench, post_roll=60.0)
    with stranger(bench.namespace) as node:
        topic.speak(node, String(data='x'))
        request(bench)
        topic.robot.until(lambda: topic.robot.recorder._taking, 'an open snippet')
    with stranger(bench.namespace) as node:
        topic.speak(node, Int32(data=7))
        topic.robot.wait(0.2)
    topic.robot.recorder.close()
    bench.running.pop()[0].close()
    (folder,) = SnippetRoot(bench.folder).published()
    assert topic.types(folder) == {'std_msgs/msg/String'}
    told = read_label(folder).topics[topic.name]
    assert told.type == 'std_msgs/msg/String'
    assert told.missing['type_change'] > 3
    assert verify(folder) == []


def test_topics_that_are_gone_make_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    robot.until(lambda: len(robot.recorder._receiving.ring) > 3, 'messages')
    first = chatter.speak('first', String())
    chatter.until(lambda: chatter.heard('first'), 'a first topic')
    received = sum(bool(one.taps) for one in robot.recorder._graph.channels.values())
    monkeypatch.setattr(graph_watch, 'MOST_TOPICS', received)
    monkeypatch.setattr(graph_watch, 'RETRY_EVERY', 10**9)
    chatter.speak('second', String())
    skipped = robot.recorder._shell.metrics.cell('recorder_topics_skipped')
    chatter.until(lambda: skipped.value, 'no room')
    assert not chatter.heard('second')
    del chatter.out[0]
    bench.probe.node.destroy_publisher(first)
    chatter.until(lambda: chatter.heard('second'), 'room')
    chatter.until(lambda: not skipped.value, 'that it is recorded after all')


def test_a_failed_snippet_swallows_no_triggers(bench: Bench) -> None:
    robot = Robot(bench, post_roll=60.0, min_free_bytes=2**40)
    robot.ready()
    for count in (1, 2):
        robot.say(EventName.SNIPPET_REQUESTED, by='probe', reason='', name='')
        robot.until(lambda: len(robot._values(
            EventName.SNIPPET_FAILED, 'because')) == count, 'snippet_failed')  # noqa: B023
        robot.until(lambda: not robot.recorder._taking, 'no open window')
