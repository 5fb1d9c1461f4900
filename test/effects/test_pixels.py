"""Pictures show what the message held, in any encoding."""

from typing import Any

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from flywheel_nodes.core import image
from flywheel_nodes.effects.pixels import encode

RED = {'rgb8': (200, 30, 10), 'bgr8': (10, 30, 200), 'rgba8': (200, 30, 10, 255),
       'bgra8': (10, 30, 200, 255), '8UC3': (10, 30, 200)}


def frame(pixels: NDArray[Any], encoding: str, padding: int = 0) -> bytes:
    rows = [row.tobytes() + bytes(padding) for row in pixels]
    return serialize_message(Image(
        height=pixels.shape[0], width=pixels.shape[1], encoding=encoding, step=len(rows[0]),
        data=b''.join(rows)))


def shown(data: bytes, **options: Any) -> NDArray[Any]:
    picture = image.read(data)
    found = cv2.imdecode(np.frombuffer(encode(picture, data, 90, **options), np.uint8),
                         cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


@pytest.mark.parametrize('encoding', RED)
@pytest.mark.parametrize('padding', [0, 7])
def test_colours_are_kept(encoding: str, padding: int) -> None:
    pixels = np.full((40, 60, len(RED[encoding])), RED[encoding], np.uint8)
    found = shown(frame(pixels, encoding, padding))
    assert found.shape == (40, 60, 3)
    assert np.abs(found.astype(int) - (10, 30, 200)).max() <= 6


@pytest.mark.parametrize(('encoding', 'corner'), [
    ('bayer_rggb8', (0, 0)), ('bayer_grbg8', (0, 1)), ('bayer_gbrg8', (1, 0)),
    ('bayer_bggr8', (1, 1))])
def test_red_in_a_bayer_pattern_is_red(encoding: str, corner: tuple[int, int]) -> None:
    pixels = np.zeros((40, 60), np.uint8)
    pixels[corner[0]::2, corner[1]::2] = 200
    middle = shown(frame(pixels, encoding))[10:30, 10:50].reshape(-1, 3).mean(axis=0)
    assert middle[2] > 150
    assert max(middle[:2]) < 30


def test_grey_stays_grey() -> None:
    pixels = np.tile(np.arange(60, dtype=np.uint8) * 4, (40, 1))
    found = shown(frame(pixels, 'mono8', 3))
    assert found.shape == (40, 60)
    assert np.abs(found.astype(int) - pixels).max() <= 6


@given(st.lists(st.integers(0, 65535), min_size=6, max_size=6))
def test_depth_is_kept_to_the_last_bit(values: list[int]) -> None:
    pixels = np.array(values, np.uint16).reshape(2, 3)
    assert (shown(frame(pixels, '16UC1', 2)) == pixels).all()


def test_wide_pictures_are_made_smaller() -> None:
    pixels = np.zeros((400, 800, 3), np.uint8)
    assert shown(frame(pixels, 'rgb8'), most_width=320).shape == (160, 320, 3)
    assert shown(frame(pixels, 'rgb8'), most_width=800).shape == (400, 800, 3)
