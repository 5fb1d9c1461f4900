from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import EventName, Outcome
from flywheel_nodes.core.recording.rule_file import read
from flywheel_nodes.core.recording.rules import (
    Mode,
    OnEpisode,
    OnEvent,
    OnField,
    OnTime,
    Overlap,
    TopicRule,
)
from test.core.recording.rules import DEFAULTS, recording, rule

FIELD = {'topic': 'battery_state', 'field': 'percentage', 'below': 0.2}


def refused(*rules: Any, **more: Any) -> str:
    with pytest.raises(ConfigError) as error:
        recording(*rules, **more)
    line = str(error.value)
    assert line.startswith('f.yaml: ') and '\n' not in line
    return line


def test_a_rule_says_its_own_or_has_the_defaults() -> None:
    plain = rule({'event': 'estop_pressed'})
    assert (plain.pre_ns, plain.post_ns, plain.max_ns) == (15 * SECOND, 5 * SECOND, 180 * SECOND)
    assert (plain.priority, plain.overlap, plain.cooldown_ns) == (50, Overlap.EXTEND, 0)
    own = rule({'event': 'estop_pressed'}, pre_roll=3, post_roll=0.5, max_duration=9, priority=7,
               cooldown=2, min_interval=60, hold_open=4, overlap='separate',
               rearm={'event': 'control_changed', 'where': {'to': 'policy'}})
    assert (own.pre_ns, own.post_ns, own.max_ns) == (3 * SECOND, SECOND // 2, 9 * SECOND)
    assert (own.open_ns, own.cooldown_ns, own.interval_ns) == (
        4 * SECOND, 2 * SECOND, 60 * SECOND)
    assert own.alone and own.priority == 7
    assert own.rearm is not None and own.rearm.names == (EventName.CONTROL_CHANGED,)


def test_each_kind_of_condition() -> None:
    event = rule({'event': ['policy_alarm', 'robot_fault'], 'where': {'score': {'above': 2}}}).when
    assert isinstance(event, OnEvent) and len(event.names) == 2
    field = rule({**FIELD, 'mode': 'level', 'for': 2, 'check_rate': 4}).when
    assert isinstance(field, OnField)
    assert (field.mode, field.hold_ns, field.check_ns) == (Mode.LEVEL, 2 * SECOND, SECOND // 4)
    assert str(field) == 'battery_state percentage below 0.2 for 2 s, while it holds'
    assert rule({'every': 60}).when == OnTime(60 * SECOND)
    assert rule({'episode': 'success', 'share': 0.1}).when == OnEpisode((Outcome.SUCCESS,), 0.1)


def test_samples_stand_alone_and_fields_have_a_cooldown() -> None:
    assert rule({'every': 60}).alone
    assert not rule({'every': 60}, overlap='extend').alone
    assert rule({'episode': 'failure'}).alone
    assert rule(FIELD).cooldown_ns == 10 * SECOND
    assert rule(FIELD, cooldown=0).cooldown_ns == 0


def test_windows_of_topics() -> None:
    found = recording(topics=[{'match': 'camera/*', 'keep': 10, 'bytes': 1000, 'max_rate': 5},
                              {'match': '/tf'}])
    assert found.topics == (TopicRule('camera/*', 10.0, 1000, 5.0), TopicRule('/tf'))


@pytest.mark.parametrize(('bad', 'said'), [
    ({'when': {'event': 'estop_pressed'}}, 'rules[0]: name is missing'),
    ({'name': 'A b', 'when': {'event': 'estop_pressed'}}, 'rule A b: name: a-z, 0-9'),
    ({'name': 'x'}, 'rule x: when is missing'),
    ({'name': 'x', 'when': 'always'}, 'rule x: when: a mapping with one of event, topic'),
    ({'name': 'x', 'when': {}}, 'rule x: when: exactly one of event, topic, every, episode'),
    ({'name': 'x', 'when': {'event': 'alarm'}}, "rule x: when: event: 'alarm' is none of"),
    ({'name': 'x', 'when': {'event': []}}, 'at least one name'),
    ({'name': 'x', 'when': {'event': 'policy_alarm', 'where': {'scor': 1}}},
     "where: policy_alarm has no value 'scor' (known: detector, policy, score, threshold)"),
    ({'name': 'x', 'when': {'event': 'policy_alarm', 'where': {'score': {'over': 1}}}},
     "rule x: when: where.score: unknown parameter 'over'"),
    ({'name': 'x', 'when': {'event': 'policy_alarm', 'where': {'score': {}}}}, 'is needed'),
    ({'name': 'x', 'when': {'event': 'policy_alarm', 'where': {'score': [[1]]}}}, 'a text, a'),
    ({'name': 'x', 'when': {**FIELD, 'field': 'a b'}}, 'rule x: when: field: '),
    ({'name': 'x', 'when': {**FIELD, 'topic': 'a b'}}, "rule x: when: topic: 'a b'"),
    ({'name': 'x', 'when': {**FIELD, 'above': 0.3}}, 'rule x: when: nothing is above 0.3'),
    ({'name': 'x', 'when': {**FIELD, 'below': 'low'}}, 'rule x: when: below: a number is needed'),
    ({'name': 'x', 'when': {'topic': 'a', 'field': 'b'}}, 'one of above, below, outside, equals'),
    ({'name': 'x', 'when': {**FIELD, 'for': -1}}, 'when: for: -1.0 is out of range (0 to 3600 s)'),
    ({'name': 'x', 'when': {**FIELD, 'mode': 'both'}}, "'both' is not one of edge | level"),
    ({'name': 'x', 'when': {'every': 0}}, 'rule x: when: every: 0.0 is out of range'),
    ({'name': 'x', 'when': {'episode': 'good'}}, "'good' is none of success, failure, aborted"),
    ({'name': 'x', 'when': {'episode': 'success', 'share': 2}}, 'share: 2.0 is out of range (0 t'),
    ({'name': 'x', 'when': {'episode': 'success'}, 'overlap': 'extend'}, 'always separate'),
    ({'name': 'x', 'when': {'every': 60}, 'prio': 3}, "unknown parameter 'prio'"),
    ({'name': 'x', 'when': {'every': 60}, 'priority': 101}, 'priority: 101 is out of range (0 to'),
    ({'name': 'x', 'when': {'every': 60}, 'pre_roll': 170, 'post_roll': 11},
     'rule x: pre_roll + post_roll (181 s) do not fit into max_duration (180 s)'),
    ({'name': 'x', 'when': {'every': 60}, 'hold_open': 170}, 'pre_roll + hold_open (185 s)'),
    ({'name': 'x', 'when': {'every': 60}, 'rearm': {'event': 'no'}}, 'rule x: rearm: event: '),
    ('x', 'rules[0]: a mapping'),
])
def test_a_mistake_is_one_line_with_rule_and_key(bad: Any, said: str) -> None:
    assert said in refused(bad)


def test_mistakes_of_the_file() -> None:
    assert 'two of that name' in refused(*[{'name': 'x', 'when': {'every': 60}}] * 2)
    assert 'at most 100' in refused(*[{'name': 'x', 'when': {'every': 60}}] * 101)
    assert "schema: 'v2' is not one of flywheel.recording/1" in refused(schema='v2')
    assert 'topics[0]: match is missing' in refused(topics=[{}])
    with pytest.raises(ConfigError, match=r'f\.yaml: a mapping'):
        read(None, 'f.yaml', DEFAULTS)


def test_a_pre_roll_longer_than_the_ring_names_its_rule() -> None:
    found = recording({'name': 'x', 'when': {'every': 60}, 'pre_roll': 40})
    found.check_ring(40.0, 'f.yaml')
    with pytest.raises(ConfigError, match=r'rule x: pre_roll \(40 s\) is longer than'):
        found.check_ring(39.0, 'f.yaml')


plain = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(
        ['estop_pressed', 'success', 'x', 'level', 'percentage', '']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ['name', 'when', 'event', 'where', 'topic', 'field', 'above', 'equals', 'every', 'for',
         'episode', 'share', 'outside', 'detector', 'rearm', 'overlap']), inner, max_size=5))


@given(plain, plain)
def test_whatever_a_file_says_it_is_rules_or_one_line(one: Any, topic: Any) -> None:
    try:
        recording(one, topics=[topic])
    except ConfigError as error:
        assert '\n' not in str(error)
