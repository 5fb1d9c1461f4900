from contextlib import suppress
from dataclasses import replace
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.brief import Brief, brief, Filter, FLAGS, flags, with_state
from flywheel_nodes.core.recording.label import EpisodeInfo, FileInfo, to_json, TopicInfo
from flywheel_nodes.core.recording.state import State, Upload
from test.effects.recording.stored import told

LABEL = replace(
    told(7), priority=80, episode=EpisodeInfo('ep', outcome='failure'),
    topics={'/a': TopicInfo('t', 3, 30, 0, 10**9, 3 * 10**9),
            '/b': TopicInfo('t', 1, 30, 0, 2 * 10**9, 4 * 10**9)},
    files=(FileInfo('a', 'x', 5), FileInfo('b', 'x', 6)), recovered='most of it')


def test_a_brief_says_what_the_label_says() -> None:
    one = brief('folder', to_json(LABEL))
    assert (one.id, one.messages, one.duration_s, one.bytes) == (
        LABEL.id, LABEL.messages, LABEL.duration_s, LABEL.bytes)
    assert (one.robot, one.trigger, one.triggers) == ('sim', 'policy_alarm', ('policy_alarm',))
    assert (one.policy, one.policy_version, one.task, one.priority) == ('flawed', '1', 'lap', 80)
    assert (one.reasons, one.outcomes, one.operators) == (
        ('collision_risk',), ('failure', 'success'), ('ada',))
    assert one.started_wall_ns == LABEL.window.start.wall_ns
    assert (one.recovered, one.cut, one.damage) == ('most of it', False, '')


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(
    inner, max_size=3) | st.dictionaries(st.sampled_from(
        ['robot', 'topics', 'window', 'policy', 'episode', 'name', 'files']), inner, max_size=3))


@given(st.dictionaries(st.sampled_from(list(json.loads(to_json(LABEL)))), JSON, max_size=3))
def test_a_damaged_label_is_refused_or_read_but_never_worse(damage: dict[str, Any]) -> None:
    text = json.dumps({**json.loads(to_json(LABEL)), **damage})
    with suppress(WireError):
        assert isinstance(brief('folder', text), Brief)


@pytest.mark.parametrize('text', ['', '[]', '{}', '{"schema": "other/1"}', '[' * 10_000])
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        brief('folder', text)


def test_each_flag_has_its_letter() -> None:
    one = with_state(brief('f', to_json(LABEL)), State(pinned=True, upload=Upload.PENDING))
    assert flags(one) == 'PWR'
    assert flags(replace(one, pinned=False, upload='done', recovered='', cut=True, redacted=True,
                         damage='x')) == 'UCXD'
    judged = State(judged={'a': True, 'b': False})
    assert flags(with_state(replace(one, recovered=''), judged)) == 'SF'
    assert flags(with_state(replace(one, recovered=''), State(judged={'a': True}))) == 'S'
    assert len({meaning for meaning, _ in FLAGS.values()}) == len(FLAGS)


@pytest.mark.parametrize('wanted', [
    Filter(), Filter(trigger='policy_alarm'), Filter(policy='flawed'), Filter(policy='flawed 1'),
    Filter(robot='sim'), Filter(reason='collision_risk'), Filter(outcome='success'),
    Filter(outcome='failure'), Filter(recovered=True),
    Filter(since_ns=LABEL.window.start.wall_ns, until_ns=LABEL.window.start.wall_ns + 1)])
def test_what_is_asked_for_is_taken(wanted: Filter) -> None:
    assert wanted.takes(brief('f', to_json(LABEL)))


@pytest.mark.parametrize('wanted', [
    Filter(trigger='manual'), Filter(policy='steady'), Filter(policy='flawed 2'),
    Filter(robot='r'), Filter(reason='stuck'), Filter(outcome='unknown'), Filter(pinned=True),
    Filter(since_ns=LABEL.window.start.wall_ns + 1), Filter(until_ns=LABEL.window.start.wall_ns)])
def test_anything_else_is_not(wanted: Filter) -> None:
    assert not wanted.takes(brief('f', to_json(LABEL)))
