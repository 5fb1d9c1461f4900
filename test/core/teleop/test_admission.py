"""Hostile messages are refused with the right reason; good ones pass unchanged."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.admission import Admission, Bucket, read
from flywheel_nodes.core.teleop.codec import ASKS
from flywheel_nodes.core.teleop.protocol import MAX_BYTES, Reject, Rejected, Scope

DRIVE = {'type': 'drive', 'lease': 'x', 'epoch': 7, 'seq': 1, 't_client': 5, 'deadman': True,
         'axes': {'vx': 0.5}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner,
                                                                max_size=5), max_leaves=20)

NUMBERS = st.dictionaries(st.text(max_size=5), st.floats() | st.integers(), max_size=3)
ALMOST = st.fixed_dictionaries({
    'lease': st.just('x') | JSON, 'epoch': st.integers() | JSON, 'seq': st.integers(),
    't_client': st.integers(0, 9), 'deadman': st.booleans() | JSON, 'axes': NUMBERS | JSON,
    'joints': NUMBERS})


def refusal(data: str | dict[str, Any]) -> Reject | None:
    try:
        read(data if isinstance(data, str) else json.dumps(data))
    except Rejected as refused:
        return refused.reason
    return None


def test_a_good_message_passes_with_its_fields() -> None:
    message = read(json.dumps(DRIVE))
    assert message.kind == 'drive'
    assert message.fields == {k: v for k, v in DRIVE.items() if k != 'type'}


@given(st.text(max_size=300) | JSON.map(json.dumps))
def test_anything_is_answered_with_a_message_or_a_reason(data: str) -> None:
    try:
        message = read(data)
    except Rejected as refused:
        assert refused.reason in Reject
    else:
        assert message.kind in ASKS


@given(ALMOST)
def test_whatever_passes_as_drive_is_harmless(fields: dict[str, Any]) -> None:
    try:
        passed = read(json.dumps({'type': 'drive', **fields})).fields
    except Rejected:
        return
    assert type(passed['deadman']) is bool
    assert all(-1.0 <= value <= 1.0 for value in passed.get('axes', {}).values())
    assert all(math.isfinite(value) for value in passed.get('joints', {}).values())


@pytest.mark.parametrize(('data', 'reason'), [
    ('x' * (MAX_BYTES + 1), Reject.SIZE),
    ('[' * 4000, Reject.DEPTH),
    ('{"type":' * 40 + '1' + '}' * 40, Reject.DEPTH),
    ('', Reject.MALFORMED),
    ('[]', Reject.MALFORMED),
    ('null', Reject.MALFORMED),
    ('{"type": "stop", "type": "stop"}', Reject.MALFORMED),
    ('9' * 4096, Reject.MALFORMED),
    ('{}', Reject.KIND),
    ('{"type": ["stop"]}', Reject.KIND),
    ('{"type": "grant"}', Reject.KIND),
    ('{"type": "stop", "extra": 1}', Reject.SHAPE),
    ('{"type": "idle"}', Reject.SHAPE),
])
def test_reasons(data: str, reason: Reject) -> None:
    assert refusal(data) is reason


@pytest.mark.parametrize(('field', 'value', 'reason'), [
    ('deadman', 1, Reject.SHAPE),
    ('deadman', 'true', Reject.SHAPE),
    ('seq', -1, Reject.VALUE),
    ('seq', 1 << 63, Reject.VALUE),
    ('seq', 1.0, Reject.SHAPE),
    ('seq', True, Reject.SHAPE),
    ('axes', {'vx': 1.0001}, Reject.VALUE),
    ('axes', {'vx': 10 ** 400}, Reject.VALUE),
    ('axes', {'vx': True}, Reject.SHAPE),
    ('axes', {'vx': None}, Reject.SHAPE),
    ('axes', [['vx', 0.1]], Reject.SHAPE),
    ('phase', 'handover', Reject.VALUE),
    ('obs_id', 'a\x00b', Reject.VALUE),
    ('obs_id', '\ud800', Reject.VALUE),
    ('lease', 'x' * 65, Reject.VALUE),
])
def test_fields(field: str, value: object, reason: Reject) -> None:
    assert refusal({**DRIVE, field: value}) is reason


@pytest.mark.parametrize('number', ['NaN', 'Infinity', '-Infinity', '1e999', '-1e999'])
def test_numbers_that_are_not_finite(number: str) -> None:
    text = json.dumps(DRIVE).replace('0.5', number)
    assert refusal(text) in (Reject.MALFORMED, Reject.VALUE)


def test_a_refusal_names_message_and_seq() -> None:
    with pytest.raises(Rejected) as caught:
        read(json.dumps({**DRIVE, 'deadman': 2, 'seq': 41}))
    assert (caught.value.of, caught.value.seq) == ('drive', 41)


@pytest.mark.parametrize('kind', ['claim', 'drive', 'resume'])
def test_view_may_not(kind: str) -> None:
    message = DRIVE if kind == 'drive' else {'type': kind}
    with pytest.raises(Rejected, match='scope'):
        Admission(Scope.VIEW, 100.0).admit(json.dumps(message), 0)
    assert Admission(Scope.SUPERVISE, 100.0).admit(json.dumps(message), 0).kind == kind


def test_a_stop_passes_scope_and_rate() -> None:
    admission = Admission(Scope.VIEW, 10.0)
    for _ in range(10):
        admission.admit('{"type": "ping", "t0": 1}', 0)
    with pytest.raises(Rejected, match='rate'):
        admission.admit('{"type": "ping", "t0": 1}', 0)
    assert admission.admit('{"type": "stop"}', 0).kind == 'stop'


@given(st.lists(st.integers(0, SECOND), max_size=200), st.floats(1.0, 100.0))
def test_the_bucket_lets_no_more_through_than_rate_and_burst(gaps: list[int],
                                                             rate: float) -> None:
    bucket, now, taken = Bucket(rate), 0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
    assert taken <= rate + now / SECOND * rate + 1e-6
