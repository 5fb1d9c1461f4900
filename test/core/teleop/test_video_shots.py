"""Frames are dated by their stamps where those can be true, and old pictures stay old."""

from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.video_frame import Flag
from flywheel_nodes.core.teleop.video_ladder import FINE, Rung
from flywheel_nodes.core.teleop.video_shots import (
    Dating,
    look,
    PLAUSIBLE_NS,
    REMEMBERED,
    Sent,
    Shot,
    USUAL_WIDTH,
)
from test.core.test_image import message
from test.core.test_jpeg import picture

WALL_MINUS_MONO = 1_700_000_000 * SECOND


@given(st.integers(1, PLAUSIBLE_NS))
def test_a_stamp_counts(age: int) -> None:
    arrived = 10**12
    stamp = arrived - age + WALL_MINUS_MONO
    assert Dating().captured(stamp, WALL_MINUS_MONO, arrived) == arrived - age


@given(st.one_of(st.just(0), st.integers(1, 10**12), st.integers(2**61, 2**62)))
def test_a_stamp_that_cannot_be_true_does_not(stamp: int) -> None:
    assert Dating().captured(stamp, WALL_MINUS_MONO, 10**12) == 10**12


def test_the_same_picture_again_is_no_new_frame() -> None:
    dating, stamp = Dating(), WALL_MINUS_MONO + 10**12
    assert dating.captured(stamp, WALL_MINUS_MONO, 10**12 + 1) == 10**12
    assert dating.captured(stamp, WALL_MINUS_MONO, 10**12 + SECOND) is None
    assert dating.captured(stamp + 1, WALL_MINUS_MONO, 10**12 + SECOND) == 10**12 + 1


def test_without_stamps_each_arrival_is_a_frame() -> None:
    dating = Dating()
    assert [dating.captured(0, 0, now) for now in (1, 2)] == [1, 2]


def test_what_was_sent_is_remembered_for_a_while() -> None:
    sent = Sent()
    for capture_id in range(REMEMBERED + 1):
        sent.note(capture_id, 1000 + capture_id)
    assert sent.seen_ns('0') == 0
    assert sent.seen_ns('1') == 1001
    assert sent.seen_ns(str(REMEMBERED)) == 1000 + REMEMBERED
    assert sent.seen_ns('') == sent.seen_ns('front') == 0


def shot(data: bytes, compressed: bool) -> Shot:
    return Shot(1, 1, 0, data, *look(data, compressed))


def test_a_jpeg_goes_as_it_is_where_it_fits() -> None:
    coded = picture(320, 240)
    made = shot(serialize_message(CompressedImage(format='jpeg', data=coded)), True)
    assert (made.size, made.width) == ((320, 240), 320)
    sent = made.as_it_came(Rung(320, FINE))
    assert sent is not None
    assert (sent.picture, sent.width, sent.height) == (coded, 320, 240)
    assert sent.flags == Flag.KEY | Flag.AS_IT_CAME
    assert made.as_it_came(Rung(240, FINE)) is None
    assert made.as_it_came(Rung(640, FINE - 1)) is None


def test_anything_else_has_to_be_coded() -> None:
    png = shot(serialize_message(CompressedImage(format='png', data=b'\x89PNG' * 9)), True)
    assert (png.size, png.width, png.as_it_came(Rung(640, FINE))) == (None, USUAL_WIDTH, None)
    raw = shot(serialize_message(message(height=3, width=5)), False)
    assert (raw.size, raw.as_it_came(Rung(640, FINE))) == ((5, 3), None)
