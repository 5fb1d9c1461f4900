"""The embedded robot's camera on a viewer's socket: real DDS, real pictures."""

import asyncio
from collections.abc import Iterator
import time
from typing import Any

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Control, Gate, Mode
from flywheel_nodes.core.teleop.video_frame import Flag
from flywheel_nodes.core.teleop.video_rate import CREDIT
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.video_client import Frame, VideoClient
from flywheel_nodes.nodes import relay_cameras
from flywheel_nodes.nodes.messages import to_qos, to_time
from flywheel_nodes.sim.sim_robot import SimRobot
from test.core.test_jpeg import picture
from test.effects.teleop.link import never_slow
from test.harness import Bench
from test.nodes.test_teleop_relay import Stage

JPEG = topics.camera(topics.CAMERA, 'front')
RAW = topics.camera(topics.CAMERA_RAW, 'front')


class Cinema(Stage):
    """The relay with a client that watches the front camera; shown: frames on display."""

    def __init__(self, bench: Bench, **params: Any) -> None:
        super().__init__(bench, **params)
        self.ada: RelayClient = self.client('ada')
        self.video = VideoClient()
        self.shown: list[Frame] = []

    def watch(self, **wants: Any) -> None:
        """Begin to watch; each frame is displayed at once."""
        self.do(self.video.connect(self.url, 'front', self.ada.welcome.resume, **wants))

        async def show() -> None:
            async for frame in self.video.frames():
                self.shown.append(frame)
        asyncio.run_coroutine_threadsafe(show(), self._loop)

    def subscriptions(self, topic: topics.Topic) -> int:
        """Return how many listen to a camera's topic."""
        return int(self.bench.probe.node.count_subscribers(topic.name))

    def compressed(self, stamp_ns: int | None = None) -> None:
        """Publish a frame as a camera that compresses it."""
        message = CompressedImage(format='jpeg', data=picture(64, 48))
        message.header.stamp = to_time(time.time_ns() if stamp_ns is None else stamp_ns)
        self.bench.probe.publish(JPEG, message)

    def close(self) -> None:
        self.do(self.video.close())
        self.do(self.ada.close())
        super().close()


@pytest.fixture
def cinema(bench: Bench) -> Iterator[Cinema]:
    made = Cinema(bench)
    yield made
    made.close()


def robot(cinema: Cinema) -> SimRobot:
    made: SimRobot = cinema.bench.start('sim_robot', SimRobot, camera_rate=30.0)
    return made


def test_the_robots_own_pictures_are_shown_as_they_came(
        cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    never_slow(monkeypatch)
    robot(cinema)
    cinema.watch()
    cinema.bench.until(lambda: cinema.video.count >= 5, 'five frames')
    assert cinema.ada.welcome.cameras == ('front',)
    last = cinema.shown[-1]
    assert last.header.flags == Flag.KEY | Flag.AS_IT_CAME
    picture = cv2.imdecode(np.frombuffer(last.picture, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (last.header.height, last.header.width, 3) == (480, 640, 3)
    ids = [frame.header.capture_id for frame in cinema.shown]
    assert ids == sorted(set(ids))
    for frame in cinema.shown:
        assert 0 <= frame.header.sent_ns - frame.header.captured_ns < 20 * SECOND


def test_nothing_is_subscribed_without_a_viewer(cinema: Cinema,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_cameras, 'LINGER_NS', SECOND // 10)
    robot(cinema)
    cinema.bench.until(lambda: cinema.bench.probe.node.count_publishers(JPEG.name), 'the camera')
    assert cinema.subscriptions(JPEG) == cinema.subscriptions(RAW) == 0
    cinema.watch()
    cinema.bench.until(lambda: cinema.subscriptions(JPEG), 'the subscription')
    cinema.bench.until(lambda: cinema.shown, 'a frame')
    assert cinema.subscriptions(RAW) == 0
    cinema.do(cinema.video.close())
    cinema.bench.until(lambda: not cinema.subscriptions(JPEG), 'its end')


def test_a_request_for_help_gets_a_picture_though_nobody_watches(
        cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_cameras, 'LINGER_NS', SECOND // 10)
    robot(cinema)
    cinema.bench.until(lambda: cinema.bench.probe.node.count_publishers(JPEG.name), 'the camera')
    held = Control(Mode.HOLD, Gate.MONITOR, 'the monitor alarms: progress')
    cinema.publish(topics.CONTROL, wire.control_to_status(held))
    cinema.bench.until(lambda: cinema.ada.help and cinema.ada.help[0].picture, 'the picture')
    picture = cinema.do(cinema.ada.picture(cinema.ada.help[0].id))
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (240, 320, 3)
    cinema.bench.until(lambda: not cinema.subscriptions(JPEG), 'nothing more is received')
    assert cinema.count('relay_help_pictures_failed_total') == 0


def test_pictures_are_made_as_small_as_the_viewer_wants(cinema: Cinema) -> None:
    robot(cinema)
    cinema.watch(width=200)
    cinema.bench.until(lambda: len(cinema.shown) >= 3, 'frames')
    # What was on its way when the viewer said so is larger.
    last = cinema.shown[-1].header
    assert last.width <= 200
    assert last.encode_us > 0
    assert last.flags == Flag.KEY


@pytest.mark.parametrize('reliable', [True, False])
def test_a_camera_with_raw_pictures_only(cinema: Cinema, reliable: bool) -> None:
    publisher = cinema.bench.probe.node.create_publisher(
        Image, RAW.name, to_qos(Qos(1, reliable)))
    message = Image(height=48, width=64, step=192, encoding='rgb8', data=bytes([9]) * 9216)
    cinema.watch()

    def publish() -> None:
        message.header.stamp = to_time(time.time_ns())
        publisher.publish(message)
    cinema.bench.until(lambda: len(cinema.shown) >= 2, 'frames', each=publish)
    pixels = cv2.imdecode(np.frombuffer(cinema.shown[-1].picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (48, 64, 3)


def test_a_camera_that_turns_up_later_is_found(cinema: Cinema) -> None:
    cinema.watch()
    cinema.bench.until(lambda: cinema.subscriptions(JPEG), 'the subscription')
    cinema.bench.until(lambda: cinema.shown, 'a frame', each=cinema.compressed)


def test_a_driver_that_repeats_its_last_picture_shows_nothing_new(cinema: Cinema) -> None:
    cinema.watch()
    cinema.bench.until(lambda: cinema.shown, 'a frame', each=cinema.compressed)
    stuck, seen = time.time_ns(), len(cinema.shown)
    before = cinema.count('video_frames_received_total', camera='front')
    cinema.bench.until(
        lambda: cinema.count('video_frames_received_total', camera='front') > before + 50,
        'repetitions', each=lambda: cinema.compressed(stuck))
    assert len(cinema.shown) <= seen + 1 + CREDIT  # the first of them, and what was on its way
    cinema.bench.until(lambda: cinema.ada.cameras and cinema.ada.cameras[0].age_ms > 700,
                       'its age grows', each=lambda: cinema.compressed(stuck))


def test_what_is_no_picture_is_counted(cinema: Cinema) -> None:
    cinema.watch()
    cinema.bench.until(
        lambda: cinema.count('video_frames_broken_total', camera='front') > 1, 'the count',
        each=lambda: cinema.bench.probe.publish(JPEG, CompressedImage(format='jpeg')))
    cinema.bench.until(lambda: cinema.shown, 'a frame', each=cinema.compressed)


def test_what_happened_is_counted(cinema: Cinema) -> None:
    robot(cinema)
    cinema.watch()
    cinema.bench.until(lambda: len(cinema.shown) >= 3, 'frames')
    cinema.bench.until(lambda: cinema.count('video_frames_acked_total', camera='front') >= 2,
                       'acknowledgements')
    assert cinema.count('video_viewers', camera='front') == 1
    assert cinema.count('video_frames_sent_total', camera='front') >= 2
    assert cinema.count('video_sent_bytes_total', camera='front') > 1000
    ages = cinema.relay.shell.metrics.cell('video_frame_age_seconds', camera='front')
    assert sum(ages.counts) >= 2


def test_previews_are_shed_under_pressure(cinema: Cinema) -> None:
    robot(cinema)
    cinema.watch()
    cinema.bench.until(lambda: cinema.shown, 'frames')
    shell = cinema.relay.shell
    period = SECOND // 50
    for _ in range(30):
        shell.loop_was_late(period, period, time.monotonic_ns())
    began, seen = time.monotonic(), len(cinema.shown)
    cinema.bench.until(lambda: cinema.count(
        'video_frames_received_total', camera='front') and len(cinema.shown) >= seen + 4, 'frames')
    assert time.monotonic() - began > 1.0
    shell.loop_was_late(0, period, time.monotonic_ns())
    assert shell.metrics.cell('shed_total', what='previews', node='teleop_relay').value > 5
