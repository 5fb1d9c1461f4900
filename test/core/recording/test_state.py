import json

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.state import (
    from_json,
    MOST_JUDGED,
    State,
    to_json,
    unreadable,
    Upload,
    with_judged,
)


@given(st.booleans(), st.sampled_from(Upload), st.booleans(),
       st.dictionaries(st.text(), st.booleans()))
def test_a_state_survives_the_file(pinned: bool, upload: Upload, redacted: bool,
                                   judged: dict[str, bool]) -> None:
    state = State(pinned, upload, redacted, judged=judged)
    assert from_json(to_json(state)) == state


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(WireError):
        from_json(text)


@pytest.mark.parametrize('wrong', [
    {'schema': 'flywheel.snippet_state/2'}, {'pinned': 'yes'}, {'upload': 'maybe'},
    {'upload': None}, {'judged': {'a': 'yes'}}, {'judged': ['a']}])
def test_what_is_not_in_the_schema_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(WireError):
        from_json(json.dumps({**json.loads(to_json(State())), **wrong}))


def test_damage_is_never_written_and_keeps_the_snippet() -> None:
    state = unreadable('torn')
    assert not state.evictable
    assert 'torn' not in to_json(state)


@pytest.mark.parametrize(('state', 'evictable'), [
    (State(), True), (State(upload=Upload.DONE), True), (State(upload=Upload.PENDING), False),
    (State(pinned=True, upload=Upload.DONE), False)])
def test_what_is_pinned_or_waits_for_upload_stays(state: State, evictable: bool) -> None:
    assert state.evictable is evictable


def test_a_state_from_before_there_were_judgements_is_read() -> None:
    raw = json.loads(to_json(State(pinned=True)))
    del raw['judged']
    assert from_json(json.dumps(raw)) == State(pinned=True)


@given(st.lists(st.tuples(st.integers(0, 3 * MOST_JUDGED), st.booleans()), max_size=400))
def test_the_last_judgement_of_each_intervention_counts_and_the_newest_are_kept(
        said: list[tuple[int, bool]]) -> None:
    state, last = State(pinned=True), dict[str, bool]()
    for number, ok in said:
        state = with_judged(state, str(number), ok)
        last.pop(str(number), None)
        last[str(number)] = ok
    assert list(state.judged.items()) == list(last.items())[-MOST_JUDGED:]
    assert state.pinned
