"""A jump of the wall clock is noticed once, a slow correction never."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import Now, SECOND, StepWatch


@given(st.lists(st.integers(0, SECOND // 1000), max_size=50))
def test_a_clock_that_is_slewed_does_not_jump(drifts: list[int]) -> None:
    watch, wall = StepWatch(), 10**18
    for i, drift in enumerate(drifts):
        wall += SECOND + drift
        assert watch.observe(Now(i * SECOND, wall)) == 0


def test_a_jump_is_told_once_with_its_size_and_sign() -> None:
    watch = StepWatch()
    offsets = (100, 100, 3600, 3600, 0)
    found = [watch.observe(Now(i, i + offset * SECOND)) for i, offset in enumerate(offsets)]
    assert found == [0, 0, 3500 * SECOND, 0, -3600 * SECOND]


def test_wall_minus_mono_maps_stamps() -> None:
    assert Now(mono=5, wall=105).wall_minus_mono == 100
