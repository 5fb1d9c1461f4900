"""Limits hold for every output sample, whatever is asked for."""

import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.limits import Limit, PositionLimiter, RateLimiter

BASE = Axis('vx', True, -0.8, 0.8, 0.8, 1.0, 6.0)
JOINT = Axis('elbow', False, -2.0, 2.0, 1.5, 6.0, 12.0)
TARGETS = st.lists(st.tuples(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf]),
                             st.booleans()), min_size=1, max_size=200)
DT = 0.02


@given(TARGETS)
def test_a_rate_never_exceeds_speed_or_acceleration(asked: list[tuple[float, bool]]) -> None:
    one = RateLimiter(BASE)
    for target, stopping in asked:
        before = one.value
        value, _ = one.step(target, DT, stopping)
        assert abs(value) <= BASE.velocity
        most = BASE.stop if stopping else BASE.acceleration
        assert abs(value - before) <= most * DT + 1e-9


@given(st.floats(-2.0, 2.0), TARGETS)
def test_a_joint_never_leaves_range_speed_or_acceleration(
        start: float, asked: list[tuple[float, bool]]) -> None:
    one = PositionLimiter(JOINT)
    one.place(start)
    for target, stopping in asked:
        place, speed = one.value, one.speed
        value, _ = one.step(target, DT, stopping)
        assert JOINT.lower <= value <= JOINT.upper
        assert abs(value - place) <= JOINT.velocity * DT + 1e-9
        assert abs(one.speed - speed) <= JOINT.stop * DT + 1e-6


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_a_joint_arrives_and_stays(start: float, target: float) -> None:
    one = PositionLimiter(JOINT)
    one.place(start)
    for _ in range(400):
        one.step(target, DT, False)
    assert one.value == pytest.approx(target, abs=1e-3)
    assert one.speed == pytest.approx(0.0, abs=0.05)


def test_a_moving_target_is_followed_without_limits_being_reported() -> None:
    one = PositionLimiter(JOINT)
    one.place(0.0)
    hits, errors = [], []
    for i in range(1, 500):
        target = 0.6 * math.sin(1.2 * i * DT)
        value, hit = one.step(target, DT, False)
        hits.append(hit)
        errors.append(abs(value - target))
    assert max(errors[50:]) < 0.01
    assert not any(hits[50:])


def test_what_clamped_is_said() -> None:
    one = RateLimiter(BASE)
    assert one.step(5.0, DT, False)[1] == Limit.VELOCITY | Limit.ACCELERATION
    assert one.step(math.nan, DT, False)[1] & Limit.NOT_FINITE
    joint = PositionLimiter(JOINT)
    joint.place(0.0)
    assert joint.step(9.0, DT, False)[1] & Limit.RANGE
