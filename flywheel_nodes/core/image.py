"""
sensor_msgs/Image and sensor_msgs/CompressedImage, both serialized (CDR), without their pixels.

The layouts are those of OMG DDS-XTypes 1.3, plain CDR version 1: each number is aligned to its own
size, counted from the end of the 4 bytes of the encapsulation header.
"""

from dataclasses import dataclass
import struct

from flywheel_nodes.core.errors import WireError

_HEAD = 4
_ENDIAN = {0: '>', 1: '<'}
_LITTLE = b'\x00\x01\x00\x00'
CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1, '8UC1': 1, '8UC3': 3,
            'bayer_rggb8': 1, 'bayer_bggr8': 1, 'bayer_gbrg8': 1, 'bayer_grbg8': 1}
DEEP = ('mono16', '16UC1')


@dataclass(frozen=True)
class Picture:
    """
    An image without its pixels, and where they are.

    stamp_ns and frame_id of the header; height, width in pixels; step: bytes per row; start:
    offset of the first pixel in the message.
    """

    sec: int
    nanosec: int
    frame_id: bytes
    height: int
    width: int
    encoding: str
    big_endian: bool
    step: int
    start: int

    @property
    def row_bytes(self) -> int:
        """The bytes of a row that are pixels; WireError for an encoding that we do not know."""
        if self.encoding in DEEP:
            return 2 * self.width
        if self.encoding not in CHANNELS:
            raise WireError(f'encoding {self.encoding!r} is not compressed')
        return CHANNELS[self.encoding] * self.width

    @property
    def format(self) -> str:
        """CompressedImage.format, in the words of image_transport's plugins."""
        if self.encoding in DEEP:
            return f'{self.encoding}; png compressed '
        grey = CHANNELS[self.encoding] == 1 and not self.encoding.startswith('bayer')
        return f'{self.encoding}; jpeg compressed {"mono8" if grey else "bgr8"}'


@dataclass(frozen=True)
class Squeezed:
    """A compressed image without its bytes, and where they are: from start on, size of them."""

    sec: int
    nanosec: int
    format: str
    start: int
    size: int


class _Reader:
    """Reads numbers and strings of a message one after the other."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEAD or data[1] not in _ENDIAN:
            raise WireError('not plain CDR')
        self._data = data
        self._order = _ENDIAN[data[1]]
        self.at = _HEAD

    def number(self, code: str) -> int:
        size = struct.calcsize(code)
        self.at += -(self.at - _HEAD) % size
        value = struct.unpack_from(self._order + code, self._data, self.at)[0]
        self.at += size
        return int(value)

    def text(self) -> bytes:
        length = self.number('I')
        found = self._data[self.at:self.at + length]
        if len(found) != length:
            raise WireError('it ends within a text')
        self.at += length
        return found.rstrip(b'\x00')


def read(data: bytes) -> Picture:
    """Read what stands before the pixels; raises WireError when they are not all there."""
    try:
        reader = _Reader(data)
        sec, nanosec, frame = reader.number('i'), reader.number('I'), reader.text()
        height, width, encoding = reader.number('I'), reader.number('I'), reader.text()
        big, step, size = reader.number('B'), reader.number('I'), reader.number('I')
        found = Picture(sec, nanosec, frame, height, width, encoding.decode(), bool(big), step,
                        reader.at)
    except (struct.error, UnicodeDecodeError) as error:
        raise WireError(f'not an image: {error}') from None
    if not (found.row_bytes <= step and height * step <= size and height and width
            and found.start + height * step <= len(data)):
        raise WireError(f'{width}x{height} {found.encoding} does not fit into its {size} bytes')
    return found


def read_compressed(data: bytes) -> Squeezed:
    """Read what stands before a compressed image; raises WireError when it is not all there."""
    try:
        reader = _Reader(data)
        sec, nanosec, _ = reader.number('i'), reader.number('I'), reader.text()
        form, size = reader.text(), reader.number('I')
        found = Squeezed(sec, nanosec, form.decode(), reader.at, size)
    except (struct.error, UnicodeDecodeError) as error:
        raise WireError(f'not a compressed image: {error}') from None
    if not 0 < size <= len(data) - found.start:
        raise WireError(f'a compressed image of {size} bytes in a message of {len(data)}')
    return found


def compressed(picture: Picture, pixels: bytes) -> bytes:
    """Return the serialized CompressedImage with the header of an image."""
    out = bytearray(_LITTLE + struct.pack('<iI', picture.sec, picture.nanosec))
    for text in (picture.frame_id, picture.format.encode()):
        out += bytes(-(len(out) - _HEAD) % 4) + struct.pack('<I', len(text) + 1) + text + b'\x00'
    out += bytes(-(len(out) - _HEAD) % 4) + struct.pack('<I', len(pixels)) + pixels
    return bytes(out)
