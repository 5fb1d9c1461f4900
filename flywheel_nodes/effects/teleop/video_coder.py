"""Codes camera frames as JPEG of a step of the ladder, in threads that give way to all others."""

from concurrent.futures import Future, ThreadPoolExecutor
import os
import threading
import time

import cv2
import numpy as np

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.image import Picture
from flywheel_nodes.core.teleop.protocol import PICTURE_BYTES, PICTURE_WIDTH
from flywheel_nodes.core.teleop.video_ladder import Rung
from flywheel_nodes.core.teleop.video_shots import Coded, Shot
from flywheel_nodes.effects.pixels import Pixels, pixels_of, smaller

NICER = 5
_SNAPSHOT = (Rung(PICTURE_WIDTH, 60), Rung(PICTURE_WIDTH, 30), Rung(PICTURE_WIDTH // 2, 30))
_REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4),
            (2, cv2.IMREAD_REDUCED_COLOR_2))


class Coder:
    """The threads; a frame is coded once for all who watch at the same step."""

    def __init__(self, workers: int) -> None:
        """Start without a frame."""
        self._pool = ThreadPoolExecutor(workers, 'video', initializer=_give_way)

    def submit(self, shot: Shot, rung: Rung) -> 'Future[Coded]':
        """Begin to code a frame."""
        return self._pool.submit(code, shot, rung)

    def shrink(self, shot: Shot) -> 'Future[Coded]':
        """Begin to code a frame as small as a snapshot has to be."""
        return self._pool.submit(shrink, shot)

    def close(self) -> None:
        """End the threads; frames that have not begun are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _give_way() -> None:
    cv2.setNumThreads(1)
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)


def code(shot: Shot, rung: Rung) -> Coded:
    """Return a frame as JPEG of a step; raises WireError for what is no picture."""
    began = time.monotonic_ns()
    try:
        pixels = _eight_bits(smaller(_pixels(shot, rung), rung.width))
        done, coded = cv2.imencode('.jpg', pixels, (cv2.IMWRITE_JPEG_QUALITY, rung.quality))
    except (cv2.error, ValueError) as error:
        raise WireError(f'no picture: {error}') from None
    if not done:
        raise WireError('the encoder refused it')
    height, width = pixels.shape[:2]
    return Coded(shot, coded.tobytes(), width, height,
                 encode_ns=time.monotonic_ns() - began)


def shrink(shot: Shot) -> Coded:
    """Return a frame as a snapshot; raises WireError for what is no picture or stays too large."""
    for rung in _SNAPSHOT:
        coded = code(shot, rung)
        if len(coded.picture) <= PICTURE_BYTES:
            return coded
    raise WireError('too large however it is coded')


def _pixels(shot: Shot, rung: Rung) -> Pixels:
    head = shot.head
    if isinstance(head, Picture):
        return pixels_of(head, shot.data)
    how = next((flag for factor, flag in _REDUCED
                if shot.size and shot.size[0] >= factor * rung.width), cv2.IMREAD_COLOR)
    found = cv2.imdecode(np.frombuffer(shot.data, np.uint8, head.size, head.start), how)
    if found is None:
        raise WireError(f'a compressed image that does not decode ({head.format!r})')
    return found


def _eight_bits(pixels: Pixels) -> Pixels:
    """Return pixels that JPEG can hold: the nearest of a depth image dark, the farthest bright."""
    if pixels.dtype != np.uint16:
        return pixels
    return cv2.normalize(pixels, np.empty(0), 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)
