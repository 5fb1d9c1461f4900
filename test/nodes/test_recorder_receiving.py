"""Windows and rates of topics, raw cameras, silence and sim time, over real DDS."""

from pathlib import Path
import time
from typing import Any

import cv2
from nav_msgs.msg import Odometry
import numpy as np
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.verification import verify
from test.harness import Bench
from test.nodes.test_snippet_recorder import request, Robot

RULES = """
schema: flywheel.recording/1
rules:
  - name: asked
    when: {{event: snippet_requested}}
topics:
{}
"""


def rules(folder: Path, *rows: str) -> str:
    path = folder / 'rules.yaml'
    path.write_text(RULES.format('\n'.join(f'  - {row}' for row in rows)))
    return str(path)


class Chatter:
    """A robot with more topics of its own, published at each step of the bench."""

    def __init__(self, bench: Bench, robot: Robot) -> None:
        self.robot, self.node = robot, bench.probe.node
        self.namespace = bench.namespace
        self.out: list[tuple[Any, Any]] = []

    def speak(self, name: str, message: Any) -> Any:
        full = name if name.startswith('/') else f'{self.namespace}/{name}'
        publisher = self.node.create_publisher(type(message), full, qos_profile_sensor_data)
        self.out.append((publisher, message))
        return publisher

    def publish(self) -> None:
        self.robot.publish()
        for publisher, message in self.out:
            if isinstance(message, Image):
                message.header.stamp.nanosec = (message.header.stamp.nanosec + 1) % 10**9
            publisher.publish(message)

    def until(self, condition: Any, what: str) -> None:
        self.robot.bench.until(condition, what, each=self.publish)

    def heard(self, name: str) -> int:
        """Return how many records of a topic are in the ring."""
        recorder = self.robot.recorder
        full = name if name.startswith('/') else f'{self.namespace}/{name}'
        numbers = [n for n, channel in recorder._graph.channels.items() if channel.topic == full]
        return sum(one.channel in numbers for one in recorder._receiving.ring.since(0))

    def snippet(self) -> tuple[Path, Label]:
        request(self.robot.bench)
        self.until(self.robot.saved, 'snippet_saved')
        return self.robot.snippet()


def picture() -> Image:
    pixels = np.full((24, 32, 3), (200, 30, 10), np.uint8)
    return Image(height=24, width=32, encoding='rgb8', step=96, data=pixels.tobytes())


def test_a_topic_has_a_window_and_a_rate_of_its_own(bench: Bench, tmp_path: Path) -> None:
    robot = Robot(bench, recording=rules(
        tmp_path, '{match: short/*, keep: 0.3}', '{match: thin, max_rate: 5}'))
    chatter = Chatter(bench, robot)
    for name in ('short/one', 'thin', 'usual'):
        chatter.speak(name, String(data=name))

    def full() -> bool:
        short, thin, usual = map(chatter.heard, ('short/one', 'thin', 'usual'))
        return thin > 0 and 0 < 3 * short < usual
    chatter.until(full, 'a ring that keeps less of one topic')
    folder, label = chatter.snippet()
    short, thin, usual = (label.topics[f'{bench.namespace}/{name}']
                          for name in ('short/one', 'thin', 'usual'))
    assert short.first_ns > usual.first_ns, 'what was kept for less time begins later'
    assert 1 <= thin.messages <= 5 * label.duration_s + 2
    assert thin.lost == 0
    assert thin.messages + thin.missing['throttle'] >= 0.8 * usual.messages
    assert label.losses['throttle'] == thin.missing['throttle']
    assert not robot._values(EventName.MESSAGES_LOST, 'where')
    assert verify(folder) == []


def test_raw_images_are_kept_as_jpeg(bench: Bench, tmp_path: Path) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    chatter.speak('camera/front/image_raw', picture())
    chatter.until(lambda: chatter.heard('camera/front/image_raw/compressed') > 5, 'frames')
    folder, label = chatter.snippet()
    name = f'{bench.namespace}/camera/front/image_raw'
    assert name not in label.topics
    told = label.topics[f'{name}/compressed']
    assert told.type == 'sensor_msgs/msg/CompressedImage'
    with snippet_reader.open_bag(folder) as bag:
        messages = [one.decoded for one in bag.messages([f'{name}/compressed'])]
        times = [one.log_ns for one in bag.messages()]
    assert len(messages) == told.messages > 5
    assert times == sorted(times)
    stamps = [one.header.stamp.nanosec for one in messages]
    assert stamps == sorted(set(stamps))
    shown = cv2.imdecode(messages[0].data, cv2.IMREAD_COLOR)
    assert np.abs(shown.astype(int) - (10, 30, 200)).max() <= 6


def test_a_camera_that_compresses_itself_is_taken_as_it_is(bench: Bench) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    chatter.speak('camera/front/image_raw', picture())
    chatter.until(lambda: chatter.heard('camera/front/image_raw/compressed') > 2, 'our frames')
    theirs = CompressedImage(format='rgb8; jpeg compressed bgr8', data=b'theirs')
    chatter.speak('camera/front/image_raw/compressed', theirs)
    recorder = robot.recorder
    raw = f'{bench.namespace}/camera/front/image_raw'

    def given_up() -> bool:
        return not any(channel.topic == raw and channel.taps
                       for channel in recorder._graph.channels.values())
    chatter.until(given_up, 'raw images are not received any more')

    def newest() -> bytes:
        numbers = [n for n, one in recorder._graph.channels.items()
                   if one.topic == f'{raw}/compressed']
        records = [one for one in recorder._receiving.ring.since(0) if one.channel in numbers]
        return bytes(records[-1].data)
    chatter.until(lambda: b'theirs' in newest(), 'frames of its own')


def test_an_image_that_nobody_compresses_is_kept_raw(bench: Bench) -> None:
    chatter = Chatter(bench, Robot(bench))
    chatter.speak('camera/depth/image_rect', Image(
        height=2, width=2, encoding='32FC1', step=8, data=bytes(16)))
    chatter.until(lambda: chatter.heard('camera/depth/image_rect') > 3, 'raw frames')


def test_a_topic_that_falls_silent_is_told_once(bench: Bench) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    odom = bench.probe.publisher(topics.ODOM)
    chatter.out.append((odom, Odometry()))
    chatter.until(lambda: chatter.heard('odom') > 3, 'odometry')
    chatter.out.clear()

    def silent() -> list[str]:
        return robot._values(EventName.TOPIC_SILENT, 'topic')
    chatter.until(silent, 'topic_silent')
    chatter.out.append((odom, Odometry()))
    chatter.until(lambda: robot._values(EventName.TOPIC_BACK, 'topic') == ['odom'], 'topic_back')
    assert silent() == ['odom']


def test_a_simulation_is_recorded_as_such(bench: Bench) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    chatter.speak(topics.CLOCK, Clock())
    chatter.until(lambda: chatter.heard(topics.CLOCK) > 3, 'the clock')
    _, label = chatter.snippet()
    assert label.clock.sim_time
    assert label.topics[topics.CLOCK].messages > 3


def test_a_loop_that_stood_still_is_told(bench: Bench) -> None:
    robot = Robot(bench)
    robot.until(lambda: len(robot.recorder._receiving.ring) > 3, 'messages')
    robot.recorder._receiving._stepped_ns -= 2 * 10**9
    robot.until(lambda: robot._values(EventName.INGEST_LATE, 'late_s'), 'ingest_late')


def test_a_rate_for_all_topics_thins_neither_triggers_nor_state(
        bench: Bench, tmp_path: Path) -> None:
    robot = Robot(bench, recording=rules(tmp_path, "{match: '*', max_rate: 0.05}"))
    chatter = Chatter(bench, robot)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    state = bench.probe.node.create_publisher(String, 'state', latched)
    for text in ('old', 'new'):
        state.publish(String(data=text))
        chatter.until(lambda: any(text.encode() in one.record.data for one in  # noqa: B023
                                  robot.recorder._receiving.latched.as_of(2**62)), 'state')
    for _ in range(2):
        before = len(robot.saved())
        request(bench)
        chatter.until(lambda: len(robot.saved()) > before, 'snippet_saved')  # noqa: B023
    assert not robot.recorder._shell.metrics.cell(
        'topic_messages_thinned_total', topic='flywheel/events').value


def test_state_that_left_its_short_window_is_in_the_snippet(bench: Bench, tmp_path: Path) -> None:
    robot = Robot(bench, recording=rules(tmp_path, '{match: state, keep: 0.3}'))
    chatter = Chatter(bench, robot)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    state = bench.probe.node.create_publisher(String, 'state', latched)
    robot.ready()
    state.publish(String(data='held'))
    chatter.until(lambda: chatter.heard('state'), 'state')
    chatter.until(lambda: not chatter.heard('state'), 'the end of its window')
    folder, label = chatter.snippet()
    with snippet_reader.open_bag(folder) as bag:
        (one,) = bag.messages([f'{bench.namespace}/state'])
    assert one.decoded.data == 'held'
    assert label.latched[-1].topic == f'{bench.namespace}/state'
    assert verify(folder) == []


def test_silence_is_judged_whatever_the_wall_clock_does(bench: Bench) -> None:
    robot = Robot(bench)
    chatter = Chatter(bench, robot)
    odom = bench.probe.publisher(topics.ODOM)
    chatter.out.append((odom, Odometry()))
    chatter.until(lambda: chatter.heard('odom') > 3, 'odometry')
    mono = time.monotonic_ns()
    for step in (3600, -3600):
        wall = time.time_ns() + step * 10**9
        robot.recorder._receiving.housekeep(
            Now(mono, wall), robot.recorder._graph.channels.values())
    assert not robot.recorder._receiving._silence._silent
    robot.wait(0.3)
    assert not robot._values(EventName.TOPIC_SILENT, 'topic')
