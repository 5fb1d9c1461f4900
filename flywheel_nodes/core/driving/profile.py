"""
Motion of the third order: how a place is reached with bounded acceleration and jerk.

The time-optimal way of a triple integrator, found anew at every step: hurry, as long as a stop
that begins now ends before the goal, then stop. The instant between the two is found within the
step, so that nothing switches to and fro at the goal. After Zanasi, Lo Bianco and Tonielli,
"Nonlinear filters for the generation of smooth trajectories", Automatica 36 (2000), and Haschke,
Weitnauer and Ritter, "On-line planning of time-optimal, jerk-limited trajectories", IROS 2008.
All is exact for steps of any length: a state is a sample of a continuous motion.
"""

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import NamedTuple

ARRIVED = 1e-8
ROUNDS = 12


class State(NamedTuple):
    """Place, speed and acceleration at one instant."""

    place: float
    speed: float
    acceleration: float


@dataclass(frozen=True)
class Bounds:
    """Lowest (below 0) and highest acceleration, and the largest jerk."""

    low: float
    high: float
    jerk: float


class Ramp(NamedTuple):
    """The fastest way to a speed: durations in s with their jerks, then that speed for ever."""

    phases: tuple[tuple[float, float], ...]
    speed: float


def ramp(state: State, speed: float, bounds: Bounds) -> Ramp:
    """Return the fastest way to a speed at which nothing accelerates."""
    acceleration, jerk = state.acceleration, bounds.jerk
    change = speed - state.speed
    up = change >= acceleration * abs(acceleration) / (2 * jerk)
    most = bounds.high if up else -bounds.low
    if not up:
        acceleration, change, jerk = -acceleration, -change, -jerk
    square = abs(jerk) * change + acceleration * acceleration / 2
    peak = min(math.sqrt(max(0.0, square)), most)
    flat = max(0.0, (square - peak * peak) / (abs(jerk) * peak)) if peak else 0.0
    return Ramp(((max(0.0, peak - acceleration) / abs(jerk), jerk), (flat, 0.0),
                 (peak / abs(jerk), -jerk)), speed)


def follow(state: State, way: Ramp, time: float) -> State:
    """Return the state after some time on a way, in s."""
    place, speed, acceleration = state
    for duration, jerk in way.phases:
        t = min(duration, time)
        place += t * (speed + t * (acceleration / 2 + t * jerk / 6))
        speed += t * (acceleration + t * jerk / 2)
        acceleration += t * jerk
        time -= t
        if duration > t:
            return State(place, speed, acceleration)
    return State(place + way.speed * time, way.speed, 0.0)


def rest(state: State, bounds: Bounds) -> float:
    """Return the place at which a stop that begins now ends."""
    place, speed, acceleration = state
    for t, jerk in ramp(state, 0.0, bounds).phases:
        place += t * (speed + t * (acceleration / 2 + t * jerk / 6))
        speed += t * (acceleration + t * jerk / 2)
        acceleration += t * jerk
    return place


def extremes(state: State, bounds: Bounds) -> tuple[float, float]:
    """Return the lowest and the highest place of a stop that begins now."""
    ends = state.place, rest(state, bounds)
    turned = turn(state, bounds)
    return min(*ends, turned), max(*ends, turned)


def turn(state: State, bounds: Bounds) -> float:
    """Return the place at which a stop turns round, because it brakes too hard to end there."""
    _, speed, acceleration = state
    root = acceleration * acceleration - 2 * bounds.jerk * abs(speed)
    if speed * acceleration >= 0.0 or root <= 0.0:
        return state.place
    time = (abs(acceleration) - math.sqrt(root)) / bounds.jerk
    return follow(state, ramp(state, 0.0, bounds), time).place


def chase(state: State, dt: float, bounds: Bounds, slowest: float, fastest: float) -> State:
    """
    Return the state after a step of the fastest way to rest at place 0.

    :param dt: s
    :param slowest: the largest speed backwards, not above 0
    :param fastest: the largest speed, not below 0
    """
    gap = rest(state, bounds)
    if abs(gap) < ARRIVED:
        return follow(state, ramp(state, 0.0, bounds), dt)
    hurry = ramp(state, slowest if gap > 0.0 else fastest, bounds)
    late = rest(follow(state, hurry, dt), bounds)
    if gap * late >= 0.0:
        return follow(state, hurry, dt)
    time = _crossing(lambda t: rest(follow(state, hurry, t), bounds), (0.0, gap), (dt, late))
    turned = follow(state, hurry, time)
    return follow(turned, ramp(turned, 0.0, bounds), dt - time)


def _crossing(of: Callable[[float], float], before: tuple[float, float],
              after: tuple[float, float]) -> float:
    """Return where a rising or falling function is 0, found by the Illinois method."""
    (low, at_low), (high, at_high) = before, after
    for _ in range(ROUNDS):
        middle = low + (high - low) * at_low / (at_low - at_high)
        value = of(middle)
        if abs(value) < ARRIVED:
            return middle
        if (value > 0.0) is (at_low > 0.0):
            low, at_low, at_high = middle, value, at_high / 2
        else:
            high, at_high, at_low = middle, value, at_low / 2
    return low
