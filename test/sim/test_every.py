"""A slower rate within a loop: kept through jitter, and never caught up on."""

from itertools import cycle, islice

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.sim.every import Every


# A pattern that comes again, not 400 numbers: making those takes longer than what is tested.
@given(st.lists(st.integers(-2, 2), min_size=1, max_size=20))
def test_a_rate_is_kept_though_the_loop_is_not_even(jitter: list[int]) -> None:
    every = Every(100.0, 200.0)
    ticks = [SECOND + i * 5 * MILLISECOND + j * MILLISECOND
             for i, j in enumerate(islice(cycle(jitter), 400))]
    assert abs(sum(every.due(now) for now in ticks) - 200) <= 1


def test_what_was_missed_is_skipped() -> None:
    every = Every(10.0, 100.0)
    assert every.due(SECOND)
    assert every.due(4 * SECOND)
    assert not every.due(4 * SECOND + 50 * MILLISECOND)
    assert every.due(4 * SECOND + 100 * MILLISECOND)
