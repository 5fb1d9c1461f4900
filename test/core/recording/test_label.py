import json

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.recording.label import from_json, Label, to_json


def made(**changes: object) -> str:
    moment = {'wall_ns': 1, 'mono_ns': 2}
    raw = {'schema': 'flywheel.snippet/1', 'id': 'i', 'name': 'n', 'robot': {'name': 'r'},
           'trigger': 'policy_alarm', 'triggers': [],
           'window': {'start': moment, 'trigger': moment, 'end': moment, 'pre_roll_s': 1,
                      'post_roll_s': 2.5},
           'provenance': {'software': '0'}}
    return json.dumps({**raw, **changes})


@settings(max_examples=30)
@given(st.builds(Label, schema=st.just('flywheel.snippet/1')))
def test_a_label_survives_its_file(label: Label) -> None:
    again = from_json(to_json(label))
    assert to_json(again) == to_json(label)
    assert again.topics.keys() == label.topics.keys()


def test_fields_of_a_later_version_are_left_out() -> None:
    label = from_json(made(later='x'))
    assert label.window.pre_roll_s == 1.0
    assert 'later' not in to_plain(label)
    assert label.messages == 0 and label.duration_s == 0.0


@pytest.mark.parametrize('text', [
    'x', '[]', '{}', made(schema='flywheel.snippet/9'), made(id=3), made(triggers=[{}]),
    made(topics={'/t': {'type': 'T'}}), made(window=None), '[' * 100_000,
])
def test_what_is_no_label_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(WireError) as error:
        from_json(text)
    assert '\n' not in str(error.value)


def test_unknown_losses_stay_unknown() -> None:
    topic = {'type': 'T', 'messages': 1, 'bytes': 2, 'lost': None, 'first_ns': 3, 'last_ns': 4}
    label = from_json(made(topics={'/t': topic}))
    assert label.topics['/t'].lost is None
    assert json.loads(to_json(label))['topics']['/t']['lost'] is None
