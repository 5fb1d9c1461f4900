"""
Compresses camera frames in threads of their own, so that receiving never waits for an encoder.

OpenCV lets go of the interpreter while it encodes. What waits is bounded: a frame for which there
is no room is refused at once.
"""

from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2

from flywheel_nodes.core import image
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.pixels import encode

GIVE_UP_NS = 1_500_000_000


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


def _result(raw: Record, channel: int, future: 'Future[bytes]') -> Done:
    try:
        return Done(raw, raw._replace(channel=channel, data=future.result()))
    except CancelledError:
        return Done(raw, None, 'the recorder ended')
    except (WireError, cv2.error, ValueError) as error:
        return Done(raw, None, str(error))
