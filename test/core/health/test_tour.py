"""Each topic has its turn, what changed first, and what is expected has room before others."""

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.health.tour import chosen, Tour


def test_the_tour_goes_round() -> None:
    tour = Tour()
    assert tour.next() is None
    tour.count({'a': (1, 1), 'b': (1, 0), 'c': (0, 1)})
    assert {tour.next() for _ in range(3)} == set('abc')
    assert {tour.next() for _ in range(3)} == set('abc'), 'also when nothing changes'


def test_what_changed_is_next() -> None:
    tour = Tour()
    tour.count({'a': (1, 1), 'b': (1, 1), 'c': (1, 1)})
    for _ in range(4):
        tour.next()
    tour.count({'a': (1, 1), 'b': (2, 1), 'c': (1, 1)})
    assert tour.next() == 'b'


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from('abcdef'), st.tuples(
    st.integers(0, 2), st.integers(0, 2))), min_size=1))
def test_only_what_is_there_has_its_turn(story: list[dict[str, tuple[int, int]]]) -> None:
    tour = Tour()
    for counts in story:
        tour.count(counts)
        turns = [tour.next() for _ in range(2 * len(counts) + 6)]
        assert {name for name in turns if name} == set(counts)


@pytest.mark.parametrize(('names', 'most', 'expected'), [
    (['z', 'a'], 5, (['rate', 'a', 'z'], 0)),
    (['z', 'rate', 'a'], 5, (['rate', 'a', 'z'], 0)),
    (['z', 'a'], 2, (['rate', 'a'], 1)), ([], 0, ([], 1)),
    (['z', 'a', 'guarded'], 2, (['rate', 'guarded'], 2))])
def test_what_is_expected_has_room_first(names: list[str], most: int,
                                         expected: tuple[list[str], int]) -> None:
    assert chosen(names, ['rate'], ['guarded', 'not there'], most) == expected
