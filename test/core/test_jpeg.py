"""The size of a JPEG is read without decoding it."""

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from flywheel_nodes.core import jpeg


def picture(width: int, height: int, *options: int) -> bytes:
    done, coded = cv2.imencode('.jpg', np.full((height, width, 3), 90, np.uint8), options)
    assert done
    return coded.tobytes()


@given(st.integers(1, 300), st.integers(1, 300), st.booleans())
def test_width_and_height(width: int, height: int, progressive: bool) -> None:
    data = picture(width, height, cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive))
    assert jpeg.size(data) == jpeg.size(memoryview(data)) == (width, height)


@given(st.binary(max_size=300))
def test_what_stands_before_the_frame_is_skipped(content: bytes) -> None:
    data = picture(30, 20)
    segment = b'\xff\xe1' + (len(content) + 2).to_bytes(2, 'big') + content
    assert jpeg.size(data[:2] + segment + b'\xff' + data[2:]) == (30, 20)


@given(st.binary(max_size=60), st.integers(0, 100))
def test_anything_else_has_no_size(data: bytes, keep: int) -> None:
    assert jpeg.size(data) is None
    found = jpeg.size(picture(30, 20)[:keep] + data)
    assert found is None or len(found) == 2


@pytest.mark.parametrize('data', [b'', b'\xff\xd8', b'\x89PNG\r\n\x1a\n' + bytes(40)])
def test_other_formats(data: bytes) -> None:
    assert jpeg.size(data) is None
