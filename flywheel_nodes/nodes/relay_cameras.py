"""The cameras' topics for the relay: subscribed while they are wanted, drained to the newest."""

from collections.abc import Callable
import itertools
from typing import Any

from rclpy.qos import ReliabilityPolicy

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.metrics import Metrics
from flywheel_nodes.core.shedding import Sheddable
from flywheel_nodes.core.teleop.video_shots import Dating, look, Shot
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.effects.teleop.video_server import VideoServer
from flywheel_nodes.nodes.inlet import Arrival, Tap
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.nodes.shell import Shell

# A viewer who comes back soon finds the camera still there.
LINGER_NS = 2 * SECOND
LOOK_NS = SECOND
SHED_PERIOD_NS = SECOND // 2
# More would only be thrown away: of what waits the last one is taken.
DEPTH = 2


class Cameras:
    """What is wanted is subscribed to; of each drain the newest frame goes on."""

    def __init__(self, shell: Shell, wanted: Callable[[str], bool],
                 take: Callable[[str, Shot], None], first_id: int) -> None:
        """
        Begin without a subscription.

        :param wanted: whether frames of a camera are of use
        :param take: is given the newest frame of a camera
        :param first_id: capture ids rise from here
        """
        ids = itertools.count(first_id)
        self._cameras = [_Camera(shell, name, lambda: next(ids)) for name in shell.robot.cameras]
        self._wanted = wanted
        self._take = take
        self._shedding = shell.sheddable(Sheddable.PREVIEWS)

    def step(self, now: Now) -> None:
        """Hand on what has come; begin and end subscriptions."""
        for camera in self._cameras:
            camera.follow(self._wanted(camera.name), now.mono)
            if camera.waiting and not self._shed(camera, now.mono):
                shot = camera.shot(now)
                if shot:
                    self._take(camera.name, shot)

    def _shed(self, camera: '_Camera', now: int) -> bool:
        if now - camera.shot_ns >= SHED_PERIOD_NS or not self._shedding.skipped():
            return False
        camera.waiting = None
        return True


def count_video(metrics: Metrics, video: VideoServer) -> None:
    """Count what the video did."""
    for camera, feed in video.feeds.items():
        counts = feed.counts
        metrics.set('video_viewers', len(feed.viewers), camera=camera)
        metrics.set('video_frames_sent_total', counts.sent, camera=camera)
        metrics.set('video_frames_skipped_total', counts.skipped, camera=camera)
        metrics.set('video_frames_acked_total', counts.acked, camera=camera)
        metrics.set('video_frames_encoded_total', counts.encoded, camera=camera)
        metrics.set('video_frames_undecoded_total', counts.broken, camera=camera)
        metrics.set('video_sent_bytes_total', counts.bytes, camera=camera)
        metrics.set('video_encode_seconds_total', counts.encode_ns / SECOND, camera=camera)
        while counts.ages:
            metrics.observe('video_frame_age_seconds', counts.ages.popleft(), camera=camera)
    metrics.set('video_viewers_dropped_total', video.stalled, reason='slow')
    metrics.set('video_viewers_dropped_total', video.flooded, reason='flood')


class _Camera:
    """One camera: its compressed topic where anybody publishes it, else the raw one."""

    def __init__(self, shell: Shell, name: str, new_id: Callable[[], int]) -> None:
        self.name = name
        self.waiting: tuple[bytes, Arrival] | None = None
        self.shot_ns = 0
        self._shell = shell
        self._new_id = new_id
        self._frames = shell.metrics.cell('video_frames_received_total', camera=name)
        self._broken = shell.metrics.cell('video_frames_broken_total', camera=name)
        self._topics = (topics.camera(topics.CAMERA, name),
                        topics.camera(topics.CAMERA_RAW, name))
        self._topic: Topic | None = None
        self._reliable = False
        self._tap: Tap | None = None
        self._dating = Dating()
        self._numbers = itertools.count(1)
        self._watched_ns = self._looked_ns = 0

    def follow(self, watched: bool, now: int) -> None:
        """Subscribe while the camera is watched and for a little longer."""
        if watched:
            self._watched_ns = now
            if now - self._looked_ns >= LOOK_NS or self._topic is None:
                self._looked_ns = now
                self._listen(*self._best())
        elif self._topic and now - self._watched_ns > LINGER_NS:
            self._listen(None)

    def _best(self) -> tuple[Topic, bool]:
        """Return the first topic with a publisher, and whether it is reliable; else as it is."""
        for topic in self._topics:
            offers = self._shell.node.get_publishers_info_by_topic(topic.name)
            if offers:
                # Large pictures come in many pieces, of which the loss of one would lose all.
                return topic, all(one.qos_profile.reliability == ReliabilityPolicy.RELIABLE
                                  for one in offers)
        return self._topic or self._topics[0], self._reliable

    def _listen(self, topic: Topic | None, reliable: bool = False) -> None:
        if (topic, reliable) == (self._topic, self._reliable):
            return
        if self._tap:
            self._shell.inlet.close(self._tap)
        self._topic, self._reliable, self._tap, self.waiting = topic, reliable, None, None
        if topic:
            qos = to_qos(Qos(DEPTH, reliable))
            self._tap = self._shell.inlet.subscribe(
                message_class(topic.type), topic.name, qos, self._receive, raw=True)

    def _receive(self, data: Any, arrival: Arrival) -> None:
        self._frames.value += 1
        self.waiting = data, arrival

    def shot(self, now: Now) -> Shot | None:
        """Return what waits as a frame; None for what is no picture, or was there before."""
        assert self.waiting is not None
        (data, arrival), self.waiting = self.waiting, None
        try:
            head, size = look(data, self._topic == self._topics[0])
        except WireError as error:
            self._broken.value += 1
            self._shell.complain(f'camera {self.name}', str(error))
            return None
        stamp = head.sec * SECOND + head.nanosec
        captured = self._dating.captured(stamp, now.wall_minus_mono, arrival.mono_ns)
        if captured is None:
            return None
        self.shot_ns = now.mono
        return Shot(self._new_id(), next(self._numbers), captured, data, head, size)
