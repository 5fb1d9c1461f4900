"""
One frame on a video socket: a fixed header, then the picture as its codec has it.

The header says how long it is, so that a later version may add fields at its end; a reader skips
what it does not know, and leaves out frames of a codec it does not know.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
import struct

from flywheel_nodes.core.errors import WireError

MAGIC = b'FV'
VERSION = 1
# magic, version, header bytes, codec, flags, camera, width, height, encode us, id, capture, send
_LAYOUT = struct.Struct('>2sBBBBHHHIQQQ')
BYTES = _LAYOUT.size


class Codec(IntEnum):
    """How the picture is coded; numbers are never used again."""

    JPEG = 1


class Flag(IntFlag):
    """What is special about a frame."""

    NONE = 0
    KEY = 1  # it can be decoded without another frame
    AS_IT_CAME = 2  # the camera's own picture, not coded again


@dataclass(frozen=True)
class Header:
    """
    What is said of a frame.

    camera: index into the robot's list of cameras; width, height in pixels; capture_id: rises
    over all cameras and across restarts of the relay; captured_ns, sent_ns: the robot's monotonic
    clock; encode_us: what coding it took.
    """

    camera: int
    capture_id: int
    captured_ns: int
    sent_ns: int
    width: int
    height: int
    encode_us: int = 0
    codec: int = Codec.JPEG
    flags: int = Flag.KEY

    def pack(self) -> bytes:
        """Return the header as bytes."""
        return _LAYOUT.pack(MAGIC, VERSION, BYTES, self.codec, self.flags, self.camera,
                            self.width, self.height, self.encode_us, self.capture_id,
                            self.captured_ns, self.sent_ns)


def unpack(data: bytes) -> tuple[Header, bytes]:
    """Return header and picture of a frame; raises WireError."""
    if len(data) < BYTES:
        raise WireError(f'a frame of {len(data)} bytes')
    (magic, version, size, codec, flags, camera, width, height, encode_us, capture_id, captured,
     sent) = _LAYOUT.unpack_from(data)
    if magic != MAGIC or version != VERSION or not BYTES <= size <= len(data):
        raise WireError('no frame of this protocol')
    return Header(camera, capture_id, captured, sent, width, height, encode_us, codec,
                  flags), data[size:]
