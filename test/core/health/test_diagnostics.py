"""Components keep their newest level, grow stale, are forgotten, and never too many."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.health.diagnostics import (
    Components,
    FORGET_AFTER,
    MOST,
    ROOM_AFTER,
    STALE_AFTER,
)


def test_the_newest_level_counts() -> None:
    components = Components()
    assert components.hear('motor', 2, 0) and components.hear('motor', 0, 1)
    assert components.hear('odd', 77, 1)
    assert components.levels(2) == {('motor',): 0.0, ('odd',): 3.0}


def test_silence_is_stale_and_then_nothing() -> None:
    components = Components()
    components.hear('motor', 0, 0)
    assert components.levels(STALE_AFTER) == {('motor',): 0.0}
    assert components.levels(STALE_AFTER + 1) == {('motor',): 3.0}
    components.hear('motor', 1, STALE_AFTER + 2)
    assert components.levels(STALE_AFTER + 3) == {('motor',): 1.0}
    assert components.levels(STALE_AFTER + 3 + FORGET_AFTER) == {}


def test_an_error_that_nobody_repeats_is_stale_as_soon_as_for_an_aggregator() -> None:
    components = Components()
    components.hear('motor', 2, 0)
    assert components.levels(5 * SECOND) == {('motor',): 2.0}
    assert components.levels(5 * SECOND + 1) == {('motor',): 3.0}


def test_a_flood_of_names_finds_no_room_until_somebody_is_long_silent() -> None:
    components = Components()
    assert all(components.hear(f'c{i}', 0, i) for i in range(MOST))
    assert not components.hear('late', 0, MOST)
    assert components.hear('c0', 1, MOST), 'who is known is heard'
    assert not components.hear('late', 0, MOST + STALE_AFTER), 'or names would come and go'
    later = MOST + ROOM_AFTER
    assert components.hear('late', 0, later)
    assert ('late',) in components.levels(later) and ('c1',) not in components.levels(later)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=300), st.integers(-300, 300), st.integers(0, 900))))
def test_whatever_is_told_stays_bounded(story: list[tuple[str, int, int]]) -> None:
    components = Components()
    for i in range(MOST - 2):
        components.hear(f'c{i}', 0, 0)
    now = 0
    for name, level, seconds in story:
        now += seconds * SECOND
        components.hear(name, level, now)
        levels = components.levels(now)
        assert len(levels) <= MOST and set(levels.values()) <= {0.0, 1.0, 2.0, 3.0}
