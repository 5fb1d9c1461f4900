from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.driving.safe_stop import REPEAT_NS, SafeStop


def test_nothing_is_sent_before_the_first_command() -> None:
    stop = SafeStop(0.15)
    assert not any(stop.due(t * SECOND) for t in range(10)) and not stop.stopping


def test_stale_input_stops_at_once_and_again_until_it_is_fresh() -> None:
    stop = SafeStop(0.15)
    stop.fresh(0)
    assert not stop.due(150 * MILLISECOND) and not stop.stopping
    assert stop.due(151 * MILLISECOND) and stop.stopping
    assert not stop.due(200 * MILLISECOND)
    assert stop.due(201 * MILLISECOND)
    stop.fresh(210 * MILLISECOND)
    assert not stop.stopping and not stop.due(300 * MILLISECOND)


@given(st.lists(st.integers(1, 400), min_size=1))
def test_while_stale_a_stop_is_never_older_than_the_repeat(steps: list[int]) -> None:
    stop, now, sent = SafeStop(0.15), 0, 0
    stop.fresh(0)
    for step in steps:
        now += step * MILLISECOND
        if stop.due(now):
            sent = now
        assert now <= 150 * MILLISECOND or now - sent < REPEAT_NS
