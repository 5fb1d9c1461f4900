"""Messages survive the way through text; whatever else comes is refused with a reason."""

from dataclasses import fields
import json
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.teleop import examples
from flywheel_nodes.core.teleop.answers import Answer, Help, State
from flywheel_nodes.core.teleop.answers import Reject as Refusal
from flywheel_nodes.core.teleop.asks import Ask, Drive, Idle, Release
from flywheel_nodes.core.teleop.codec import (
    ANSWERS,
    ASKS,
    decode_answer,
    decode_ask,
    encode,
    plain,
)
from flywheel_nodes.core.teleop.codec import (
    given as given_fields,
)
from flywheel_nodes.core.teleop.fields import WHOLE
from flywheel_nodes.core.teleop.protocol import MAX_BYTES, Reject, Rejected

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner,
                                                                max_size=5), max_leaves=20)
PRINTABLE = st.text(st.characters(categories=('L', 'N', 'P', 'S')), max_size=40)
WHOLES = st.integers(0, WHOLE)
ALMOST = st.sampled_from([*examples.ASKS, *examples.ANSWERS]).map(plain)


def share() -> st.SearchStrategy[dict[str, float]]:
    return st.dictionaries(PRINTABLE, st.floats(-1.0, 1.0), max_size=4)


DRIVES = st.builds(Drive, lease=PRINTABLE, epoch=WHOLES, seq=WHOLES, t_client=WHOLES,
                   deadman=st.booleans(), axes=share(), joints=share(), obs_id=PRINTABLE,
                   frame=PRINTABLE, phase=st.sampled_from(['correction', 'recovery']))
STATES = st.builds(State, mode=PRINTABLE, reason=PRINTABLE, epoch=WHOLES, holder_epoch=WHOLES,
                   alarms=st.lists(PRINTABLE, max_size=5).map(tuple), time_ns=WHOLES,
                   vx=st.none() | st.floats(-9, 9), cap=st.none() | st.floats(0.0, 1.0))


@pytest.mark.parametrize('message', examples.ASKS, ids=lambda one: one.kind)
def test_each_ask_survives(message: Ask) -> None:
    assert decode_ask(encode(message)) == message


@pytest.mark.parametrize('message', examples.ANSWERS, ids=lambda one: one.kind)
def test_each_answer_survives(message: Answer) -> None:
    assert decode_answer(encode(message)) == message


def test_there_is_one_example_of_each_message() -> None:
    assert sorted(one.kind for one in examples.ASKS) == sorted(ASKS)
    assert sorted(one.kind for one in examples.ANSWERS) == sorted(ANSWERS)


@given(DRIVES)
def test_every_drive_survives(message: Drive) -> None:
    assert decode_ask(encode(message)) == message


@given(STATES)
def test_every_state_survives(message: State) -> None:
    assert decode_answer(encode(message)) == message


@given(st.text(max_size=300) | JSON.map(json.dumps) | st.binary().map(lambda b: b.decode('latin')))
def test_any_text_is_a_message_or_refused(text: str) -> None:
    for decode in (decode_ask, decode_answer):
        try:
            decode(text)
        except Rejected as refused:
            assert refused.reason in Reject


@given(ALMOST, st.data())
def test_a_message_with_one_field_spoiled_is_a_message_or_refused(
        raw: dict[str, Any], data: st.DataObject) -> None:
    raw[data.draw(st.sampled_from(sorted(raw)))] = data.draw(JSON)
    for decode in (decode_ask, decode_answer):
        try:
            decode(json.dumps(raw))
        except Rejected as refused:
            assert refused.reason in Reject


@pytest.mark.parametrize('message', examples.ASKS, ids=lambda one: one.kind)
def test_a_relay_refuses_what_it_does_not_know(message: Ask) -> None:
    raw = plain(message)
    with pytest.raises(Rejected) as caught:
        decode_ask(json.dumps({**raw, 'extra': 1}))
    assert (caught.value.reason, caught.value.of) == (Reject.SHAPE, message.kind)
    with pytest.raises(Rejected) as caught:
        decode_ask(json.dumps({**raw, 'type': 'dance'}))
    assert caught.value.reason is Reject.KIND


@pytest.mark.parametrize('message', examples.ANSWERS, ids=lambda one: one.kind)
def test_a_client_leaves_aside_what_it_does_not_know(message: Answer) -> None:
    raw = plain(message)
    assert decode_answer(json.dumps({**raw, 'extra': {'more': [1]}})) == message
    assert decode_answer(json.dumps({**raw, 'type': 'dance'})) is None


def test_a_client_takes_words_of_later_days_and_texts_that_are_too_much() -> None:
    found = decode_answer('{"type": "reject", "reason": "weather"}')
    assert found == Refusal(reason='weather')
    said = {'type': 'state', 'mode': 'flying', 'reason': 'a\x1b\n' * 999}
    state = decode_answer(json.dumps(said))
    assert isinstance(state, State)
    assert state.mode == 'flying'
    assert state.reason.isprintable() and len(state.reason) <= 300


@pytest.mark.parametrize('message', examples.ASKS, ids=lambda one: one.kind)
def test_a_missing_field_is_refused_as_shape(message: Ask) -> None:
    raw = plain(message)
    for one in fields(message):
        if one.name in raw and one.default is not None and one.name in given_fields(message):
            less = {name: value for name, value in raw.items() if name != one.name}
            try:
                decode_ask(json.dumps(less))
            except Rejected as refused:
                assert refused.reason is Reject.SHAPE


@pytest.mark.parametrize(('field', 'value', 'reason'), [
    ('seq', -1, Reject.VALUE), ('seq', WHOLE + 1, Reject.VALUE), ('seq', 1.0, Reject.SHAPE),
    ('seq', True, Reject.SHAPE), ('seq', '1', Reject.SHAPE), ('epoch', None, Reject.SHAPE),
    ('deadman', 1, Reject.SHAPE), ('axes', {'vx': 1.01}, Reject.VALUE),
    ('axes', {'vx': True}, Reject.SHAPE), ('axes', [], Reject.SHAPE),
    ('axes', {'vx': 10**400}, Reject.VALUE), ('phase', 'resume', Reject.VALUE),
    ('frame', 'x' * 65, Reject.VALUE), ('frame', 'a\nb', Reject.VALUE)])
def test_values_of_a_drive(field: str, value: object, reason: Reject) -> None:
    raw = plain(next(one for one in examples.ASKS if isinstance(one, Drive)))
    with pytest.raises(Rejected) as caught:
        decode_ask(json.dumps({**raw, field: value}))
    assert caught.value.reason is reason


@given(st.integers())
def test_sequence_numbers_and_epochs_pass_exactly_or_not_at_all(number: int) -> None:
    text = json.dumps({'type': 'idle', 'lease': 'x', 'epoch': number, 'seq': number})
    if 0 <= number <= WHOLE:
        assert decode_ask(text) == Idle(lease='x', epoch=number, seq=number)
    else:
        with pytest.raises(Rejected, match=Reject.VALUE):
            decode_ask(text)


def test_a_note_loses_its_control_characters_and_nothing_else() -> None:
    raw = plain(next(one for one in examples.ASKS if isinstance(one, Release)))
    found = decode_ask(json.dumps({**raw, 'note': ' kerb\n\x1b[2J «ä» '}))
    assert isinstance(found, Release)
    assert found.note == 'kerb  [2J «ä»'
    with pytest.raises(Rejected, match=Reject.VALUE):
        decode_ask(json.dumps({**raw, 'note': 'x' * 501}))


def test_what_is_too_much_is_refused_before_it_is_read() -> None:
    for text, reason in (('x' * (MAX_BYTES + 1), Reject.SIZE), ('[' * 4000, Reject.DEPTH)):
        with pytest.raises(Rejected, match=reason):
            decode_ask(text)
    with pytest.raises(Rejected, match=Reject.DEPTH):
        decode_answer('[' * 60_000)


def test_every_text_number_and_list_of_a_message_is_bounded() -> None:
    for cls in (*ASKS.values(), *ANSWERS.values()):
        for name, hint in get_type_hints(cls).items():
            if name in {one.name for one in fields(cls)} and get_origin(hint) is tuple:
                many = [get_args(hint)[0]() if get_args(hint)[0] is str else {}] * 1000
                with pytest.raises(Rejected):
                    decode_answer(json.dumps({
                        **plain(next(e for e in examples.ANSWERS if type(e) is cls)),
                        name: many}))


def test_help_requests_are_read_one_by_one() -> None:
    with pytest.raises(Rejected, match=Reject.SHAPE):
        decode_answer('{"type": "help", "requests": [{"id": "x"}]}')
    assert decode_answer('{"type": "help", "requests": []}') == Help(requests=())
