"""Only topics that are allowed become labels, and words of others only in bounds."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.health.labels import (
    Few,
    LONGEST,
    NAMELESS,
    ours,
    REST,
    tidy,
    TopicLabels,
)
from flywheel_nodes.effects.config_files import load_robot

KNOWN = ('joint_states', 'camera/front/image_raw')


@given(st.text())
def test_whatever_it_is_called_it_is_short_and_printable(text: str) -> None:
    made = tidy(text)
    assert 0 < len(made) <= LONGEST and made.isprintable()
    assert tidy(made) == made
    made.encode()


@pytest.mark.parametrize(('text', 'expected'), [
    ('left wheel: motor', 'left wheel: motor'), ('a\nb\x00\ud800', 'a_b__'), ('  ', NAMELESS),
    ('x' * 500, 'x' * LONGEST)])
def test_what_it_becomes(text: str, expected: str) -> None:
    assert tidy(text) == expected


@given(st.lists(st.text()))
def test_of_many_words_a_few_stay_and_the_rest_is_one(texts: list[str]) -> None:
    few = Few(3)
    labels = [few.label(text) for text in texts]
    assert len({*labels} - {REST, ''}) <= 3
    assert labels[:3] == [text and tidy(text) for text in texts[:3]]
    assert few.label('') == '', 'also when there is room for nothing more'
    kept = [text for text, label in zip(texts, labels, strict=True) if label != REST]
    assert [few.label(text) for text in kept] == [text and tidy(text) for text in kept]


@pytest.mark.parametrize(('namespace', 'patterns', 'name', 'allowed'), [
    ('/r1', (), 'joint_states', True),
    ('/r1', (), '/tf', True),
    ('/', (), 'tf', True),
    ('/r1', (), 'lidar/points', False),
    ('/r1', ('lidar/*',), 'lidar/points', True),
    ('/r1', ('*',), 'lidar/points', True),
    ('/r1', ('*',), '/r2/lidar/points', False),
    ('/r1', ('/r2/*',), '/r2/lidar/points', True),
    ('/r1', ('*',), '/rosout_flood', False)])
def test_topics_are_allowed_by_name_or_pattern(namespace: str, patterns: tuple[str, ...],
                                               name: str, allowed: bool) -> None:
    labels = TopicLabels(namespace, KNOWN, patterns)
    assert labels.allow(name) is allowed
    assert bool(labels.objection(('node', 'topic'), ('x', name))) is not allowed
    assert labels.objection(('node',), (name,)) == ''


def test_a_hostile_name_is_not_repeated_at_length() -> None:
    assert len(TopicLabels('/', (), ()).objection(('topic',), ('x' * 10_000,))) < 200


def test_of_a_robot_its_table_cameras_and_rates_are_known() -> None:
    known = ours(load_robot('sim'))
    assert {'joint_states', 'camera/front/image_raw/compressed', '/diagnostics',
            'flywheel/control'} <= known
    assert not any('*' in name for name in known)
