"""Limits hold for every output sample, whatever is asked for."""

from collections.abc import Sequence
from itertools import pairwise
import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.limits import braking, Limit, PositionLimiter, RateLimiter

BASE = Axis('vx', True, -0.8, 0.8, 0.8, 1.0, 6.0, 10.0)
JOINT = Axis('elbow', False, -2.0, 2.0, 1.5, 6.0, 12.0, 60.0)
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
    one = PositionLimiter(JOINT)
    one.place(start)
    for target, stopping, dt, cap in asked:
        place, speed = one.value, one.speed
        value, _ = one.step(target, dt, stopping, cap)
        assert JOINT.lower <= value <= JOINT.upper
        assert abs(value - place) <= JOINT.velocity * dt + 1e-9
        most = JOINT.stop if stopping else JOINT.acceleration
        assert abs(one.speed - speed) <= most * dt + 1e-6


MOVING = st.tuples(st.floats(-2.5, 2.5), st.floats(0.0, 2.0), st.floats(0.0, 12.0))
WAYS = st.lists(MOVING | NUMBERS.map(lambda place: (place, 0.0, 0.0)), min_size=1, max_size=6)
SOFT = Axis('elbow', False, -0.2, 0.2, 1.5, 6.0, 12.0, 15.0)


def differences(places: Sequence[float], times: Sequence[float]) -> list[list[float]]:
    """Return mean speeds, accelerations and jerks of samples, whatever the steps between them."""
    found, values = [], list(places)
    for order in (1, 2, 3):
        values = [order * (b - a) / (times[i + order] - times[i])
                  for i, (a, b) in enumerate(pairwise(values))]
        found.append(values)
    return found


def targets(ways: Sequence[tuple[float, float, float]], steps: Sequence[float]) -> list[float]:
    """Return targets that stand, wave to and fro, and jump from one way to the next."""
    found, now = [], 0.0
    for i, dt in enumerate(steps):
        now += dt
        place, reach, pace = ways[i * len(ways) // len(steps)]
        found.append(place + reach * math.sin(pace * now))
    return found


@pytest.mark.parametrize('axis', [JOINT, SOFT], ids=['wide', 'narrow'])
@given(st.floats(-2.0, 2.0), WAYS, st.lists(st.tuples(
    STEPS, st.sampled_from([1.0, 1.0, 1.0, 0.3])), min_size=20, max_size=200))
def test_the_places_of_a_joint_alone_keep_range_speed_acceleration_and_jerk(
        axis: Axis, start: float, ways: list[tuple[float, float, float]],
        steps: list[tuple[float, float]]) -> None:
    one = PositionLimiter(axis)
    one.place(start)
    places, times = [one.value], [0.0]
    for target, (dt, cap) in zip(targets(ways, [dt for dt, _ in steps]), steps, strict=True):
        places.append(one.step(target, dt, False, cap)[0])
        times.append(times[-1] + dt)
    assert axis.lower <= min(places) and max(places) <= axis.upper
    speeds, accelerations, jerks = differences(places, times)
    assert max(map(abs, speeds)) <= axis.velocity + 1e-5
    assert max(map(abs, accelerations)) <= axis.acceleration + 1e-3
    assert max(map(abs, jerks)) <= axis.jerk + 0.1


@given(st.floats(-2.0, 2.0), WAYS, st.lists(st.tuples(STEPS, st.sampled_from(range(12))),
                                            min_size=20, max_size=200))
def test_a_joint_driven_on_from_a_stop_is_within_its_limits_at_once(
        start: float, ways: list[tuple[float, float, float]],
        steps: list[tuple[float, int]]) -> None:
    one = PositionLimiter(SOFT)
    one.place(start)
    places, times = [], [0.0]
    for target, (dt, choice) in zip(targets(ways, [dt for dt, _ in steps]), steps, strict=True):
        stopping = choice == 0
        if stopping:
            places, times = [], [0.0]
        one.step(target, dt, stopping)
        places.append(one.value)
        times += [] if stopping else [times[-1] + dt]
        assert SOFT.lower <= one.value <= SOFT.upper
        if len(places) > 3:
            jerks = differences(places[-4:], times[-4:])[2]
            assert abs(jerks[0]) <= SOFT.jerk + 0.1


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), STEPS)
def test_a_joint_arrives_without_overshoot_and_rests(start: float, target: float,
                                                     dt: float) -> None:
    one = PositionLimiter(JOINT)
    one.place(start)
    values = [one.step(target, dt, False)[0] for _ in range(int(4.5 / dt))]
    low, high = min(start, target) - 1e-8, max(start, target) + 1e-8
    assert all(low <= value <= high for value in values)
    assert values[-1] == pytest.approx(target, abs=1e-7) and one.speed == 0.0


def test_a_moving_target_is_followed_without_limits_being_reported() -> None:
    one = PositionLimiter(JOINT)
    one.place(0.0)
    hits, errors = [], []
    for i in range(1, 500):
        target = 0.6 * math.sin(1.2 * i * DT)
        value, hit = one.step(target, DT, False)
        hits.append(hit)
        errors.append(abs(value - target))
    assert max(errors[50:]) < 1e-5
    assert not any(hits[50:])


def test_a_target_in_steps_of_a_policy_is_followed_without_swinging() -> None:
    one, knots = PositionLimiter(JOINT), [0.6 * math.sin(0.12 * k) for k in range(102)]
    one.place(0.0)
    errors = []
    for i in range(1, 500):
        before, share = knots[i // 5], i % 5 / 5
        target = before + (knots[i // 5 + 1] - before) * share
        errors.append(abs(one.step(target, DT, False)[0] - target))
    assert max(errors[50:]) < 0.01


def test_what_clamped_is_said() -> None:
    one = RateLimiter(BASE, LONGEST)
    assert one.step(5.0, DT, False)[1] == Limit.VELOCITY | Limit.ACCELERATION | Limit.JERK
    assert one.step(math.nan, DT, False)[1] & Limit.NOT_FINITE
    assert one.step(0.7, DT, False, 0.4)[1] & Limit.VIDEO_AGE
    joint = PositionLimiter(JOINT)
    joint.place(0.0)
    assert joint.step(9.0, DT, False)[1] & Limit.RANGE


def test_a_cap_slows_a_joint_down_and_is_said() -> None:
    joint = PositionLimiter(JOINT)
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
