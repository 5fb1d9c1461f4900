"""
Compresses camera frames in threads of their own, so that receiving never waits for an encoder.

OpenCV lets go of the interpreter while it encodes. What waits is bounded: a frame for which there
is no room is refused at once.
"""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording import image
from flywheel_nodes.core.recording.image import Picture
from flywheel_nodes.core.recording.ring import Record

GIVE_UP_NS = 1_500_000_000
_TO_BGR = {'rgb8': cv2.COLOR_RGB2BGR, 'rgba8': cv2.COLOR_RGBA2BGR, 'bgra8': cv2.COLOR_BGRA2BGR,
           # OpenCV names Bayer patterns by their second row, ROS by the first.
           'bayer_rggb8': cv2.COLOR_BayerBG2BGR, 'bayer_bggr8': cv2.COLOR_BayerRG2BGR,
           'bayer_gbrg8': cv2.COLOR_BayerGR2BGR, 'bayer_grbg8': cv2.COLOR_BayerGB2BGR}


@dataclass(frozen=True)
class Done:
    """A frame is compressed; None: it was given up, and why."""

    raw: Record
    record: Record | None
    because: str = ''


class Compressor:
    """The threads and the frames that wait; used from one thread."""

    def __init__(self, workers: int, most: int, quality: int, most_width: int = 0) -> None:
        """
        Start without a frame.

        :param most: frames that may wait or be in work
        :param quality: of JPEG, 1 to 100
        :param most_width: wider pictures are made smaller to this many pixels, 0: none are
        """
        self._pool = ThreadPoolExecutor(workers, 'frames')
        self._most = most
        self._quality = quality
        self._width = most_width
        self._waiting: deque[tuple[Record, int, Future[bytes]]] = deque()

    @property
    def oldest_ns(self) -> int | None:
        """When the oldest frame in work was received, on the monotonic clock."""
        return self._waiting[0][0].mono_ns if self._waiting else None

    def submit(self, raw: Record, channel: int) -> bool:
        """Begin with a frame, the result of which is of another channel; False: no room."""
        if len(self._waiting) >= self._most:
            return False
        self._waiting.append((raw, channel, self._pool.submit(self._compress, raw.data)))
        return True

    def done(self, now_ns: int) -> list[Done]:
        """Return the frames that are done, in their order; what takes too long is given up."""
        found = []
        while self._waiting:
            raw, channel, future = self._waiting[0]
            if future.done():
                found.append(_result(raw, channel, future))
            elif now_ns - raw.mono_ns > GIVE_UP_NS:
                future.cancel()
                found.append(Done(raw, None, 'it took too long'))
            else:
                break
            self._waiting.popleft()
        return found

    def close(self) -> None:
        """End the threads; frames that have not begun are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _compress(self, data: bytes) -> bytes:
        picture = image.read(data)
        return image.compressed(picture, encode(picture, data, self._quality, self._width))


def encode(picture: Picture, data: bytes, quality: int, most_width: int = 0) -> bytes:
    """Return the pixels of a serialized image as JPEG, or as PNG where they have 16 bits."""
    pixels = _pixels(picture, data)
    if most_width and picture.width > most_width:
        height = max(1, picture.height * most_width // picture.width)
        pixels = cv2.resize(pixels, (most_width, height), interpolation=cv2.INTER_AREA)
    deep = picture.encoding in image.DEEP
    options = [] if deep else [cv2.IMWRITE_JPEG_QUALITY, quality]
    ok, encoded = cv2.imencode('.png' if deep else '.jpg', pixels, options)
    if not ok:
        raise WireError('the encoder refused it')
    return bytes(encoded.data)


def _pixels(picture: Picture, data: bytes) -> NDArray[Any]:
    """Return the pixels as OpenCV wants them: rows x columns (x BGR)."""
    size = picture.height * picture.step
    rows: NDArray[Any] = np.frombuffer(data, np.uint8, size, picture.start)
    rows = rows.reshape(picture.height, picture.step)[:, :picture.row_bytes]
    if picture.encoding in image.DEEP:
        kind = np.dtype(np.uint16).newbyteorder('>' if picture.big_endian else '<')
        deep: NDArray[Any] = np.ascontiguousarray(rows).view(kind)
        return deep.astype(np.uint16)
    channels = image.CHANNELS[picture.encoding]
    if channels > 1:
        rows = rows.reshape(picture.height, picture.width, channels)
    code = _TO_BGR.get(picture.encoding)
    if code is None:
        return rows
    turned: NDArray[Any] = cv2.cvtColor(np.ascontiguousarray(rows), code)
    return turned


def _result(raw: Record, channel: int, future: 'Future[bytes]') -> Done:
    try:
        return Done(raw, raw._replace(channel=channel, data=future.result()))
    except (WireError, cv2.error, ValueError) as error:
        return Done(raw, None, str(error))
