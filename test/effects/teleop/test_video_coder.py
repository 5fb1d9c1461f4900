"""Camera frames become JPEG of the size that was asked for."""

import os
import threading

import cv2
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.teleop.video_frame import Flag
from flywheel_nodes.core.teleop.video_ladder import FINE, Rung
from flywheel_nodes.core.teleop.video_shots import Coded, look, Shot
from flywheel_nodes.effects.teleop.video_coder import code, Coder, NICER
from test.core.test_image import message


def shot(data: bytes, compressed: bool = True, number: int = 1) -> Shot:
    return Shot(number, number, 0, data, *look(data, compressed))


def compressed(ending: str, width: int = 640, height: int = 480, number: int = 1) -> Shot:
    rows = np.tile(np.linspace(0, 255, width, dtype=np.uint8), (height, 1))
    done, coded = cv2.imencode(ending, np.dstack([rows, rows // 2, 255 - rows]))
    assert done
    return shot(serialize_message(CompressedImage(format=ending, data=coded.tobytes())),
                number=number)


def size(coded: Coded) -> tuple[int, int]:
    pixels = cv2.imdecode(np.frombuffer(coded.picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert (coded.height, coded.width) == pixels.shape[:2]
    return coded.width, coded.height


@pytest.mark.parametrize('ending', ['.jpg', '.png'])
@pytest.mark.parametrize(('width', 'want'), [
    (640, (640, 480)), (480, (480, 360)), (320, (320, 240)), (160, (160, 120)), (50, (50, 37))])
def test_compressed_pictures_are_made_smaller(ending: str, width: int,
                                              want: tuple[int, int]) -> None:
    coded = code(compressed(ending), Rung(width, 50))
    assert size(coded) == want
    assert coded.flags is Flag.KEY
    assert coded.encode_ns > 0


def test_a_smaller_step_is_fewer_bytes() -> None:
    one = compressed('.jpg')
    sizes = [len(code(one, rung).picture) for rung in (Rung(640, 75), Rung(640, 50),
                                                       Rung(320, 50))]
    assert sizes == sorted(sizes, reverse=True)


def test_colours_stay() -> None:
    coded = code(compressed('.png'), Rung(320, 90))
    pixels = cv2.imdecode(np.frombuffer(coded.picture, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(pixels[10, 300].astype(int) - (240, 120, 15)).max() < 12


@pytest.mark.parametrize('encoding', ['rgb8', 'mono8', 'bayer_rggb8', '16UC1'])
def test_raw_pictures_are_coded(encoding: str) -> None:
    one = shot(serialize_message(message(encoding=encoding, height=60, width=80)), False)
    assert size(code(one, Rung(40, FINE))) == (40, 30)
    assert one.as_it_came(Rung(640, FINE)) is None


def test_the_cameras_own_picture_is_not_touched() -> None:
    one = compressed('.jpg')
    coded = one.as_it_came(Rung(640, FINE))
    assert coded is not None
    assert coded.picture == one.data[one.head.start:one.head.start + len(coded.picture)]
    assert coded.flags == Flag.KEY | Flag.AS_IT_CAME
    assert one.as_it_came(Rung(320, FINE)) is None


@pytest.mark.parametrize('data', [b'\xff\xd8junk' * 20, b'no picture at all'])
def test_junk_is_an_error_of_the_wire(data: bytes) -> None:
    with pytest.raises(WireError):
        code(shot(serialize_message(CompressedImage(format='jpeg', data=data))), Rung(64, 50))


def test_its_threads_give_way() -> None:
    coder = Coder(1)
    try:
        level = coder._pool.submit(
            lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result()
        assert level == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICER)
        assert size(coder.submit(compressed('.jpg'), Rung(160, 40)).result()) == (160, 120)
    finally:
        coder.close()
