"""Episodes begin once and end once; latched events are heard once."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import PolicyInfo
from flywheel_nodes.core.watching.episodes import Episodes, Seen


@given(st.lists(st.sampled_from('abcdef')))
def test_an_id_is_new_once(ids: list[str]) -> None:
    seen = Seen()
    assert [i for i in ids if seen.add(i)] == list(dict.fromkeys(ids))


def test_memory_is_bounded() -> None:
    seen = Seen(most=2)
    assert [seen.add(i) for i in 'abcb'] == [True, True, True, False]
    assert seen.add('a'), 'the oldest was forgotten'


def test_an_episode_ends_with_its_length() -> None:
    episodes = Episodes(lambda: 'E1')
    assert not episodes.end(True, 0)[0]
    assert episodes.start(PolicyInfo('steady', task='lap'), SECOND)[0]
    assert 'still going on' in episodes.start(PolicyInfo('steady'), SECOND)[1]
    ok, outcome, event = episodes.end(False, 3 * SECOND)
    assert ok
    assert outcome == 'failure'
    assert event is not None
    assert event.values['duration_s'] == '2.000'
