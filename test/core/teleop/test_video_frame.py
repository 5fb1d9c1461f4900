"""What is said of a frame is read as it was written, now and by readers of later versions."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.teleop.video_frame import BYTES, Flag, Header, unpack

LONG, SHORT = st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1)
HEADERS = st.builds(
    Header, camera=SHORT, capture_id=LONG, captured_ns=LONG, sent_ns=LONG, width=SHORT,
    height=SHORT, encode_us=st.integers(0, 2**32 - 1), codec=st.integers(0, 255),
    flags=st.integers(0, 255).map(Flag))


@given(HEADERS, st.binary(max_size=30))
def test_it_is_read_as_it_was_written(header: Header, picture: bytes) -> None:
    assert unpack(header.pack() + picture) == (header, picture)


@given(HEADERS, st.binary(max_size=30), st.binary(max_size=30))
def test_fields_of_later_days_are_skipped(header: Header, more: bytes, picture: bytes) -> None:
    packed = bytearray(header.pack())
    packed[3] = BYTES + len(more)
    assert unpack(bytes(packed) + more + picture) == (header, picture)


@given(st.binary(max_size=60))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        unpack(data)


def test_its_layout_is_for_ever() -> None:
    header = Header(1, 2, 3, 4, 640, 480, 5)
    assert header.pack().hex() == ('465601280101' '0001' '0280' '01e0' '00000005'
                                   '0000000000000002' '0000000000000003' '0000000000000004')


@pytest.mark.parametrize(('at', 'byte'), [(0, 0x47), (2, 2), (3, 39), (3, 250)])
def test_another_protocol_is_refused(at: int, byte: int) -> None:
    packed = bytearray(Header(1, 2, 3, 4, 640, 480).pack())
    packed[at] = byte
    with pytest.raises(WireError):
        unpack(bytes(packed))
