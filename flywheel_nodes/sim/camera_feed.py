"""The front camera as topics: rendered, encoded and published in a thread of its own."""

from queue import Full, Queue
from threading import Thread
from typing import Any

import cv2
from sensor_msgs.msg import CompressedImage, Image

from flywheel_nodes.core import topics
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.nodes.shell import Shell
from flywheel_nodes.sim import camera
from flywheel_nodes.sim.camera import Camera, Picture
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.world import Snapshot


class CameraFeed:
    """
    One camera; faults are set from outside.

    frozen: the picture stays while stamps advance, as with a hung driver; dark: it is black.
    """

    def __init__(self, shell: Shell, name: str, course: Course) -> None:
        """Start the thread."""
        cv2.setNumThreads(1)
        self.frozen = self.dark = False
        self._camera = Camera(course)
        self._picture: Picture | None = None
        self._frame_id = f'camera_{name}_optical'
        self._raw = shell.publisher(topics.camera(topics.CAMERA_RAW, name))
        self._jpeg = shell.publisher(topics.camera(topics.CAMERA, name))
        self._skipped = shell.metrics.cell('camera_frames_skipped_total', camera=name,
                                            node=shell.name)
        self._todo: Queue[Snapshot | None] = Queue(maxsize=1)
        self._thread = Thread(target=self._work, name=f'camera {name}', daemon=True)
        self._thread.start()

    def offer(self, seen: Snapshot) -> None:
        """Have a frame made of this moment, unless the last one is not even begun."""
        try:
            self._todo.put_nowait(seen)
        except Full:
            self._skipped.value += 1

    def close(self) -> None:
        """End the thread."""
        self._todo.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (seen := self._todo.get()) is not None:
            wants_raw = self._raw.get_subscription_count() > 0
            wants_jpeg = self._jpeg.get_subscription_count() > 0
            if not (wants_raw or wants_jpeg):
                continue
            picture = self._look(seen)
            if wants_jpeg:
                self._jpeg.publish(self._stamped(CompressedImage(
                    format='jpeg', data=camera.jpeg(picture)), seen.stamp_ns))
            if wants_raw:
                self._raw.publish(self._stamped(Image(
                    height=camera.HEIGHT, width=camera.WIDTH, encoding='bgr8',
                    step=3 * camera.WIDTH, data=camera.raw(picture)), seen.stamp_ns))

    def _look(self, seen: Snapshot) -> Picture:
        if self.dark:
            return camera.black()
        if self._picture is None or not self.frozen:
            self._picture = self._camera.picture(seen)
        return self._picture

    def _stamped(self, message: Any, stamp_ns: int) -> Any:
        message.header.stamp = to_time(stamp_ns)
        message.header.frame_id = self._frame_id
        return message
