"""
Camera frames as the relay knows them: numbered, and dated on the robot's monotonic clock.

A camera driver that hangs may send its last picture again and again. Such a picture is no new
frame: nothing is sent, and the age of what the operator sees grows as it should.
"""

from collections import OrderedDict
from dataclasses import dataclass

from flywheel_nodes.core import image, jpeg
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.image import Picture, Squeezed
from flywheel_nodes.core.teleop.video_frame import Flag
from flywheel_nodes.core.teleop.video_ladder import FINE, Rung

# Further back a stamp is of another clock (simulated time, a camera that was never set).
PLAUSIBLE_NS = 60 * SECOND
REMEMBERED = 1024
USUAL_WIDTH = 1280


@dataclass(frozen=True)
class Shot:
    """
    A frame as it came.

    id: over all cameras; number: within its camera; captured_ns: monotonic; data: the serialized
    message; head: what stands before its picture; size: width and height in pixels, None for a
    compressed picture that is no JPEG.
    """

    id: int
    number: int
    captured_ns: int
    data: bytes
    head: Picture | Squeezed
    size: tuple[int, int] | None

    @property
    def width(self) -> int:
        """Of the picture in pixels; a guess where that is not known before it is decoded."""
        return self.size[0] if self.size else USUAL_WIDTH

    def as_it_came(self, rung: Rung) -> 'Coded | None':
        """Return the camera's own JPEG where it fits a step of the ladder, without a copy."""
        if not isinstance(self.head, Squeezed) or self.size is None:
            return None
        if self.size[0] > rung.width or rung.quality < FINE:
            return None
        picture = memoryview(self.data)[self.head.start:self.head.start + self.head.size]
        return Coded(self, picture, *self.size, Flag.KEY | Flag.AS_IT_CAME)


@dataclass(frozen=True)
class Coded:
    """A frame ready to be sent: its picture, the size in pixels, and what coding it took."""

    shot: Shot
    picture: bytes | memoryview
    width: int
    height: int
    flags: Flag = Flag.KEY
    encode_ns: int = 0


def look(data: bytes, compressed: bool) -> tuple[Picture | Squeezed, tuple[int, int] | None]:
    """
    Return what stands before the picture in a message, and its size where that is known.

    :param compressed: the message is a CompressedImage, else an Image
    :raises WireError: for what is neither
    """
    if not compressed:
        picture = image.read(data)
        return picture, (picture.width, picture.height)
    squeezed = image.read_compressed(data)
    return squeezed, jpeg.size(memoryview(data)[squeezed.start:squeezed.start + squeezed.size])


class Dating:
    """When the frames of one camera were captured, by their stamps where those can be true."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self._stamp_ns = -1

    def captured(self, stamp_ns: int, wall_minus_mono_ns: int, arrived_ns: int) -> int | None:
        """
        Return the monotonic time of a frame's capture, None for a frame that came before.

        :param stamp_ns: of its header, by the wall clock; 0: there is none
        :param arrived_ns: when the message arrived, by the monotonic clock
        """
        if not stamp_ns:
            return arrived_ns
        if stamp_ns == self._stamp_ns:
            return None
        self._stamp_ns = stamp_ns
        captured = stamp_ns - wall_minus_mono_ns
        return captured if arrived_ns - PLAUSIBLE_NS <= captured <= arrived_ns else arrived_ns


class Sent:
    """When the frames that went out of late were captured."""

    def __init__(self, most: int = REMEMBERED) -> None:
        """Begin without any."""
        self._most = most
        self._captured: OrderedDict[str, int] = OrderedDict()

    def note(self, capture_id: int, captured_ns: int) -> None:
        """Remember a frame, and forget the oldest if there are too many."""
        self._captured[str(capture_id)] = captured_ns
        if len(self._captured) > self._most:
            self._captured.popitem(last=False)

    def seen_ns(self, frame: str) -> int:
        """Return when the frame was captured that a client says it shows, 0 for an unknown one."""
        return self._captured.get(frame, 0)
