"""A ladder goes from small to large, and ends with the camera's own width."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.teleop.video_ladder import FINE, ladder, Rung


@given(st.integers(1, 10_000))
def test_each_step_costs_more_than_the_one_before(width: int) -> None:
    rungs = ladder(width)
    costs = [rung.cost for rung in rungs]
    assert costs == sorted(set(costs))
    assert rungs[-1] == Rung(width, FINE)
    assert all(rung.width <= width for rung in rungs)


def test_there_are_few() -> None:
    assert len(ladder(10_000)) <= 10
    assert ladder(100) == (Rung(100, FINE),)
