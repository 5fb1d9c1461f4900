"""Excess delay needs no common clock."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.driving.delay import ExcessDelay


@given(st.integers(-(10**18), 10**18), st.lists(st.integers(0, SECOND), min_size=1))
def test_only_the_difference_to_the_fastest_counts(offset: int, delays: list[int]) -> None:
    one, best = ExcessDelay(), SECOND
    for i, delay in enumerate(delays):
        best = min(best, delay)
        sent = i * 20 * MILLISECOND
        assert one.observe(sent + delay + 10**19, sent + offset) == delay - best


def test_the_fastest_is_forgotten_after_the_window() -> None:
    one = ExcessDelay(window_ns=SECOND)
    assert one.observe(0, 0) == 0
    assert one.observe(SECOND // 2 + 100, SECOND // 2) == 100
    assert one.observe(2 * SECOND + 100, 2 * SECOND) == 0


@pytest.mark.parametrize(('arrival', 'client', 'jumped'), [
    (200, 1_100, False), (200, 1_149, False), (200, 1_151, True), (200, 9_999, True),
    (200, 1_000, False), (200, 999, True), (200, 0, True)])
def test_a_stamp_of_another_clock_is_told(arrival: int, client: int, jumped: bool) -> None:
    delay = ExcessDelay()
    assert not delay.jumped(100, 1_000, 50), 'the first has nothing to compare with'
    delay.observe(100, 1_000)
    assert delay.jumped(arrival, client, 50) is jumped
