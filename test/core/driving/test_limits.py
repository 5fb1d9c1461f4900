"""Limits hold for every output sample, whatever is asked for."""

from collections.abc import Sequence
import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.limits import braking, Limit, PositionLimiter, RateLimiter

BASE = Axis('vx', True, -0.8, 0.8, 0.8, 1.0, 6.0, 10.0)
JOINT = Axis('elbow', False, -2.0, 2.0, 1.5, 6.0, 12.0)
DT, LONGEST = 0.02, 0.04
NUMBERS = st.floats(-1e6, 1e6) | st.floats(-1.0, 1.0) | st.sampled_from([math.nan, math.inf])
STEPS = st.sampled_from([DT / 4, DT * 0.9, DT, DT * 1.3, LONGEST])
ASKED = st.lists(st.tuples(NUMBERS, st.booleans(), STEPS, st.sampled_from([1.0, 0.7, 0.4])),
                 min_size=1, max_size=200)
Asked = Sequence[tuple[float, bool, float, float]]


@given(ASKED)
def test_a_rate_never_exceeds_speed_acceleration_or_jerk(asked: Asked) -> None:
    one, held = RateLimiter(BASE, LONGEST), 0.0
    for target, stopping, dt, cap in asked:
        before = one.value
        value, _ = one.step(target, dt, stopping, cap)
        assert abs(value) <= BASE.velocity + 1e-9
        rate = (value - before) / dt
        assert abs(rate) <= (BASE.stop if stopping else BASE.acceleration) + 1e-3
        if not stopping:
            assert abs(rate - held) <= BASE.jerk * dt + 1e-3
        held = 0.0 if stopping else rate


@given(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8), STEPS)
def test_a_rate_arrives_without_overshoot_and_stays(first: float, then: float, dt: float) -> None:
    one = RateLimiter(BASE, LONGEST)
    for target in (first, then):
        before = one.value
        low, high = min(before, target) - 1e-9, max(before, target) + 1e-9
        values = [one.step(target, dt, False)[0] for _ in range(int(3.0 / dt))]
        assert all(low <= value <= high for value in values)
        assert values[-1] == target


@given(st.floats(-0.8, 0.8))
def test_a_stopping_rate_is_exactly_zero_in_time(speed: float) -> None:
    one = RateLimiter(BASE, LONGEST)
    for _ in range(100):
        one.step(speed, DT, False)
    for _ in range(math.ceil(BASE.velocity / BASE.stop / DT)):
        one.step(math.nan, DT, True)
    assert one.value == 0.0


@given(st.floats(-2.0, 2.0), ASKED)
def test_a_joint_never_leaves_range_speed_or_acceleration(start: float, asked: Asked) -> None:
    one = PositionLimiter(JOINT, LONGEST)
    one.place(start)
    for target, stopping, dt, cap in asked:
        place, speed = one.value, one.speed
        value, _ = one.step(target, dt, stopping, cap)
        assert JOINT.lower <= value <= JOINT.upper
        assert abs(value - place) <= JOINT.velocity * dt + 1e-9
        most = JOINT.stop if stopping else JOINT.acceleration
        assert abs(one.speed - speed) <= most * dt + 1e-6


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_a_joint_arrives_and_stays(start: float, target: float) -> None:
    one = PositionLimiter(JOINT, LONGEST)
    one.place(start)
    for _ in range(400):
        one.step(target, DT, False)
    assert one.value == pytest.approx(target, abs=1e-3)
    assert one.speed == pytest.approx(0.0, abs=0.05)


def test_a_moving_target_is_followed_without_limits_being_reported() -> None:
    one = PositionLimiter(JOINT, LONGEST)
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
    one = RateLimiter(BASE, LONGEST)
    assert one.step(5.0, DT, False)[1] == Limit.VELOCITY | Limit.ACCELERATION | Limit.JERK
    assert one.step(math.nan, DT, False)[1] & Limit.NOT_FINITE
    assert one.step(0.7, DT, False, 0.4)[1] & Limit.VIDEO_AGE
    joint = PositionLimiter(JOINT, LONGEST)
    joint.place(0.0)
    assert joint.step(9.0, DT, False)[1] & Limit.RANGE


def test_a_cap_slows_a_joint_down_and_is_said() -> None:
    joint = PositionLimiter(JOINT, LONGEST)
    joint.place(0.0)
    hits = [joint.step(1.9, DT, False, 0.5)[1] for _ in range(30)]
    assert joint.speed == pytest.approx(0.5 * JOINT.velocity)
    assert hits[-1] == Limit.VIDEO_AGE


@given(st.floats(0.0, 10.0), st.floats(0.1, 100.0), st.lists(STEPS, min_size=400, max_size=400))
def test_from_the_braking_speed_any_steps_stop_in_time(distance: float, deceleration: float,
                                                       steps: list[float]) -> None:
    speed = braking(distance, LONGEST, deceleration)
    for dt in steps:
        distance -= speed * dt
        assert distance >= -1e-6
        speed = max(0.0, speed - deceleration * dt)
