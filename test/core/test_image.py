"""Image messages taken apart and put together as rclpy does it."""

from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.image import CHANNELS, compressed, DEEP, read, read_compressed

NAMES = st.text(st.characters(codec='ascii', exclude_characters='\x00'), max_size=20)


def message(frame: str = 'camera', encoding: str = 'rgb8', height: int = 3, width: int = 5,
            padding: int = 2) -> Image:
    step = width * (2 if encoding in DEEP else CHANNELS[encoding]) + padding
    image = Image(height=height, width=width, encoding=encoding, step=step,
                  data=bytes(n % 251 for n in range(height * step)))
    image.header.frame_id = frame
    image.header.stamp.sec, image.header.stamp.nanosec = 1_700_000_000, 123_456_789
    return image


@given(NAMES, st.sampled_from([*CHANNELS, *DEEP]), st.integers(1, 9), st.integers(1, 9),
       st.integers(0, 3))
def test_it_is_read_as_it_was_written(frame: str, encoding: str, height: int, width: int,
                                      padding: int) -> None:
    image = message(frame, encoding, height, width, padding)
    data = serialize_message(image)
    found = read(data)
    assert (found.sec, found.nanosec) == (1_700_000_000, 123_456_789)
    assert found.frame_id.decode() == frame
    assert (found.height, found.width, found.encoding) == (height, width, encoding)
    assert data[found.start:found.start + height * found.step] == bytes(image.data)


@given(NAMES, st.sampled_from([*CHANNELS, *DEEP]), st.binary(max_size=50))
def test_the_compressed_message_decodes(frame: str, encoding: str, pixels: bytes) -> None:
    image = message(frame, encoding)
    made = deserialize_message(compressed(read(serialize_message(image)), pixels),
                               CompressedImage)
    assert made.header == image.header
    assert bytes(made.data) == pixels
    assert made.format.startswith(f'{encoding}; ')


@given(st.binary(max_size=80))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        read(data)


@given(st.integers(0, 200))
def test_a_torn_one_is_refused(keep: int) -> None:
    data = serialize_message(message())
    if keep < len(data) - 3:  # DDS fills up to whole words
        with pytest.raises(WireError):
            read(data[:keep])


@pytest.mark.parametrize('change', [
    {'step': 3}, {'height': 4000}, {'width': 0}, {'height': 0}, {'encoding': '32FC1'}])
def test_sizes_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    image = message()
    for name, value in change.items():
        setattr(image, name, value)
    with pytest.raises(WireError):
        read(serialize_message(image))


@given(NAMES, NAMES, st.binary(min_size=1, max_size=50))
def test_a_compressed_one_is_read_as_it_was_written(frame: str, form: str, pixels: bytes) -> None:
    image = CompressedImage(format=form, data=pixels)
    image.header = message(frame).header
    data = serialize_message(image)
    found = read_compressed(data)
    assert (found.sec, found.nanosec, found.format) == (1_700_000_000, 123_456_789, form)
    assert data[found.start:found.start + found.size] == pixels


@given(st.binary(max_size=80))
def test_anything_else_is_no_compressed_one(data: bytes) -> None:
    with pytest.raises(WireError):
        read_compressed(data[:16])
    whole = serialize_message(CompressedImage(format='jpeg', data=b'x' * 100))
    with pytest.raises(WireError):
        read_compressed(whole[:len(data)])
