from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.gate import Refusal
from flywheel_nodes.core.recording.storm import Bounds, Budget, HOUR


def test_snippets_open_at_once_are_bounded_and_the_last_place_is_for_the_highest() -> None:
    budget = Budget(Bounds(most_open=4))
    assert [budget.ask(0, 0, n) for n in (1, 2)] == [None, Refusal.OPEN]
    assert [budget.ask(0, 50, n) for n in (2, 3)] == [None, Refusal.OPEN]
    assert [budget.ask(0, 99, n) for n in (2, 3)] == [None, Refusal.OPEN]
    assert [budget.ask(0, 100, n) for n in (3, 4)] == [None, Refusal.OPEN]
    assert Budget(Bounds(most_open=1)).ask(0, 0, 0) is None


def test_a_storm_of_low_priority_leaves_half_of_the_burst() -> None:
    budget = Budget(Bounds(per_hour=1.0, burst=10))
    answers = [budget.ask(0, 0, 0) for _ in range(20)]
    assert answers == [None] * 5 + [Refusal.RATE] * 15
    answers = [budget.ask(0, 100, 0) for _ in range(20)]
    assert answers == [None] * 5 + [Refusal.RATE] * 15


def test_the_bucket_fills_again() -> None:
    budget = Budget(Bounds(per_hour=60.0, burst=1))
    assert [budget.ask(at * SECOND, 0, 0) for at in (0, 30, 61, 62)] == [
        None, Refusal.RATE, None, Refusal.RATE]


@given(st.lists(st.tuples(st.integers(0, HOUR // 10), st.integers(0, 99)), max_size=100),
       st.integers(2, 20))
def test_whatever_fired_before_the_highest_finds_room(
        asks: list[tuple[int, int]], burst: int) -> None:
    budget, now = Budget(Bounds(most_open=2, per_hour=60.0, burst=burst)), 0
    for gap, priority in asks:
        now += gap
        assert budget.ask(now, priority, 1) is Refusal.OPEN
        budget.ask(now, priority, 0)
    assert budget.ask(now, 100, 1) is None


@given(st.lists(st.tuples(st.integers(0, HOUR // 10), st.integers(0, 100)), max_size=200),
       st.integers(1, 200), st.integers(1, 20))
def test_never_more_than_the_burst_and_what_time_gave(
        asks: list[tuple[int, int]], per_hour: int, burst: int) -> None:
    budget, now, begun = Budget(Bounds(per_hour=per_hour, burst=burst)), 0, 0
    for gap, priority in asks:
        now += gap
        begun += budget.ask(now, priority, 0) is None
        assert begun <= burst + per_hour * now / HOUR + 1e-6
