"""What viewers say is read strictly."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.teleop.codec import encode
from flywheel_nodes.core.teleop.protocol import Reject, Rejected
from flywheel_nodes.core.teleop.video_messages import Ack, decode, Want

WHOLE = st.integers(0, 2**63 - 1)
MESSAGES = st.one_of(
    st.builds(Ack, frame=WHOLE, t_received=WHOLE, t_displayed=WHOLE),
    st.builds(Want, width=st.integers(0, 65535), rate=st.floats(0.0, 1000.0)))


@given(MESSAGES)
def test_they_are_read_as_they_were_written(said: Ack | Want) -> None:
    assert decode(encode(said)) == said


@given(st.text(max_size=80))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        decode(text)


@pytest.mark.parametrize(('text', 'reason'), [
    ('{"type": "drive"}', Reject.KIND), ('{"type": "ack"}', Reject.SHAPE),
    ('{"type": "want", "width": -1}', Reject.VALUE), ('{"type": "want", "more": 1}', Reject.SHAPE),
    ('{"type": "want", "rate": NaN}', Reject.MALFORMED),
    ('{"type": "want", "rate": [[[]]]}', Reject.DEPTH)])
def test_reasons(text: str, reason: Reject) -> None:
    with pytest.raises(Rejected) as refused:
        decode(text)
    assert refused.value.reason is reason
