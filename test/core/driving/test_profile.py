"""The fastest way keeps its bounds at every instant, and ends at rest where it should."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.driving.profile import (
    Bounds,
    chase,
    extremes,
    follow,
    ramp,
    rest,
    State,
)

BOUNDS = Bounds(-6.0, 4.0, 60.0)
STATES = st.builds(State, st.floats(-3.0, 3.0), st.floats(-1.5, 1.5),
                   st.floats(BOUNDS.low, BOUNDS.high))
DT = 0.01


@given(STATES, st.floats(-1.5, 1.5))
def test_a_ramp_ends_at_its_speed_and_keeps_its_bounds(state: State, speed: float) -> None:
    way = ramp(state, speed, BOUNDS)
    took = sum(duration for duration, _ in way.phases)
    for share in range(11):
        at = follow(state, way, took * share / 10)
        assert BOUNDS.low - 1e-6 <= at.acceleration <= BOUNDS.high + 1e-6
    nearly = follow(state, way, took * (1.0 - 1e-9))
    assert nearly.speed == pytest.approx(speed, abs=1e-6)
    assert follow(state, way, took + 1.0)[1:] == (speed, 0.0)
    assert all(abs(jerk) in (0.0, BOUNDS.jerk) for _, jerk in way.phases)


@given(STATES, st.floats(0.001, 0.1))
def test_a_stop_goes_on_as_it_was_foreseen(state: State, dt: float) -> None:
    low, high = extremes(state, BOUNDS)
    later = follow(state, ramp(state, 0.0, BOUNDS), dt)
    assert rest(later, BOUNDS) == pytest.approx(rest(state, BOUNDS), abs=1e-6)
    assert low - 1e-6 <= extremes(later, BOUNDS)[0]
    assert extremes(later, BOUNDS)[1] <= high + 1e-6


def test_the_farthest_place_of_a_stop_that_brakes_too_hard_is_where_it_turns() -> None:
    state = State(1.0, 0.1, -6.0)
    low, high = extremes(state, BOUNDS)
    way = ramp(state, 0.0, BOUNDS)
    places = [follow(state, way, i * 1e-4).place for i in range(4000)]
    assert high == pytest.approx(max(places), abs=1e-6) and high > 1.0
    assert low == pytest.approx(min(places), abs=1e-6) and low < 1.0


@given(STATES, st.lists(st.sampled_from([DT / 2, DT, 2 * DT]), min_size=1, max_size=3))
def test_a_chase_ends_at_rest_at_its_goal_whatever_the_steps(state: State,
                                                             steps: list[float]) -> None:
    for i in range(int(14.0 / DT)):
        before = state
        state = chase(state, steps[i % len(steps)], BOUNDS, -1.5, 1.5)
        assert abs(state.acceleration - before.acceleration) <= BOUNDS.jerk * 2 * DT + 1e-6
        if state == before:
            break
    assert state[1:] == (0.0, 0.0)
    assert abs(state.place) < 1e-6


def test_a_chase_from_rest_does_not_overshoot_and_takes_the_least_time() -> None:
    state, bounds, took = State(-1.0, 0.0, 0.0), Bounds(-6.0, 6.0, 60.0), 0
    while state.place < -1e-6:
        state, took = chase(state, DT, bounds, -1.5, 1.5), took + 1
        assert state.place <= 1e-8
    least = 2 * (1.5 / 6.0 + 6.0 / 60.0) + (1.0 - 1.5 * (1.5 / 6.0 + 6.0 / 60.0)) / 1.5
    assert took * DT == pytest.approx(least, abs=2 * DT)
