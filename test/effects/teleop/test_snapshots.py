"""The picture of a request for help, over real sockets."""

import cv2
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.errors import RelayError, WireError
from flywheel_nodes.core.teleop.protocol import PICTURE_BYTES, PICTURE_WIDTH, Scope
from flywheel_nodes.core.teleop.video_shots import Shot
from flywheel_nodes.effects.teleop.video_coder import shrink
from test.effects.teleop.relay import until
from test.effects.teleop.test_video_coder import compressed, shot
from test.effects.teleop.test_video_server import CAMERA, play, Studio


def held(studio: Studio) -> None:
    """Let the monitor hold the policy."""
    studio.control(Mode.HOLD, Gate.MONITOR, reason='the monitor alarms: progress')


def test_a_request_gets_a_picture_that_later_clients_get_too() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            assert not studio.server.wants(CAMERA)
            held(studio)
            await until(lambda: ada.help, 'the request')
            assert studio.server.wants(CAMERA), 'though nobody watches'
            with pytest.raises(RelayError, match='help'):
                await ada.picture(ada.help[0].id)
            await studio.film(lambda: ada.help[0].picture, 'a picture')
            assert not studio.server.wants(CAMERA)
            assert 1 <= int(ada.help[0].frame) <= studio.number
        async with await studio.enter(Scope.VIEW) as eve:
            await until(lambda: eve.help, 'the request')
            assert eve.help[0].picture
            data = await eve.picture(eve.help[0].id)
            found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            assert found is not None
            assert found.shape[1] <= PICTURE_WIDTH
            assert len(data) <= PICTURE_BYTES
            studio.control(Mode.HUMAN)
            await until(lambda: not eve.help, 'it is over')
            with pytest.raises(RelayError, match='help'):
                await eve.picture('lease0')
    play(work)


def test_a_frame_that_does_not_decode_is_counted_and_the_next_one_is_taken() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            held(studio)
            await until(lambda: ada.help, 'the request')
            made = compressed('.png')
            studio.server.frame(CAMERA, Shot(
                1, 1, 1, made.data.replace(b'IDAT', b'XDAT'), made.head, None))
            await until(lambda: studio.server.pictures_failed == 1, 'it is counted')
            assert not ada.help[0].picture
            await studio.film(lambda: ada.help[0].picture, 'a picture')
    play(work)


def noise(width: int, height: int) -> Shot:
    """Return the hardest picture there is."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    done, coded = cv2.imencode('.jpg', pixels)
    assert done
    return shot(serialize_message(CompressedImage(format='jpeg', data=coded.tobytes())))


@pytest.mark.parametrize('size', [(64, 48), (320, 240), (640, 480), (1280, 720), (480, 640)])
def test_a_snapshot_is_small_whatever_it_shows(size: tuple[int, int]) -> None:
    coded = shrink(noise(*size))
    assert len(coded.picture) <= PICTURE_BYTES
    assert coded.width <= PICTURE_WIDTH


def test_what_cannot_be_made_small_is_no_snapshot() -> None:
    with pytest.raises(WireError, match='too large'):
        shrink(noise(64, 8000))
