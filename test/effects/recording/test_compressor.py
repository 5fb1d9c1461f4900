"""Frames become pictures, in order, and never more wait than allowed."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage

from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording.compressor import Compressor, Done, GIVE_UP_NS
from test.core.test_image import message


def raw(number: int) -> Record:
    return Record(1, number, number + 10, number + 5, number, serialize_message(message()))


def settled(compressor: Compressor, count: int, now: int = 0) -> list[Done]:
    found: list[Done] = []
    waited = threading.Event()
    while len(found) < count:
        found += compressor.done(now)
        waited.wait(0.001)
    return found


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(1, 10))
def test_frames_come_out_in_order_and_no_more_wait_than_allowed(count: int, most: int) -> None:
    compressor = Compressor(2, most, 85)
    try:
        taken = [n for n in range(count) if compressor.submit(raw(n), 9)]
        assert taken[:most] == list(range(min(count, most)))
        assert compressor.oldest_ns == 0
        done = settled(compressor, len(taken))
        assert [one.raw.sequence for one in done] == taken
        for one in done:
            assert one.record is not None
            assert one.record[:5] == (9, *one.raw[1:5])
            made = deserialize_message(one.record.data, CompressedImage)
            assert made.format == 'rgb8; jpeg compressed bgr8'
        assert compressor.oldest_ns is None
    finally:
        compressor.close()


def test_an_encoder_that_hangs_holds_nothing_up() -> None:
    compressor, gate = Compressor(1, 4, 85), threading.Event()
    compressor._pool.submit(gate.wait)
    try:
        assert compressor.submit(raw(0), 9)
        assert compressor.done(GIVE_UP_NS) == []
        given_up = compressor.done(GIVE_UP_NS + 1)
        assert [one.because for one in given_up] == ['it took too long']
        assert compressor.oldest_ns is None
    finally:
        gate.set()
        compressor.close()
