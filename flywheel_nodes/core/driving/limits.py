"""Limits of range, velocity, acceleration and jerk that hold for every output, whoever asks."""

from enum import IntFlag
import math

from flywheel_nodes.core.driving.aim import Aim
from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.profile import Bounds, chase, extremes, follow, ramp, State


class Limit(IntFlag):
    """What changed an output; the bits of the tick's column `limits`."""

    NONE = 0
    RANGE = 1
    VELOCITY = 2
    ACCELERATION = 4
    NOT_FINITE = 8
    JERK = 16
    VIDEO_AGE = 32


EPSILON = 1e-9
SETTLED = 1e-6
TRIFLE = 1e-3  # s at full speed


class RateLimiter:
    """A base axis: the output is a velocity, its acceleration ends in time for the target."""

    def __init__(self, axis: Axis, longest: float) -> None:
        """Begin at rest; longest: no step takes more than this, in s."""
        self.axis = axis
        self.value = 0.0
        self.speed = 0.0
        self._longest = longest
        self._acceleration = 0.0

    def place(self, value: float) -> None:
        """Ignore it: a base axis has no place, only a speed."""

    def rest(self) -> None:
        """Begin anew at rest."""
        self.value = self._acceleration = 0.0

    def step(self, target: float, dt: float, stopping: bool, cap: float = 1.0) -> tuple[
            float, Limit]:
        """
        Move the output towards a target.

        :param target: wanted velocity in m/s or rad/s; ignored when stopping
        :param dt: time since the last step in s
        :param cap: share of the velocity limit that may be used
        :return: the output, and what kept it from the target
        """
        if stopping:
            return self._stop(dt)
        hit = Limit.NONE
        if not math.isfinite(target):
            target, hit = 0.0, Limit.NOT_FINITE
        inside = _clamp(target, self.axis.lower, self.axis.upper)
        hit |= Limit.VELOCITY if inside != target else Limit.NONE
        wanted = _clamp(inside, self.axis.lower * cap, self.axis.upper * cap)
        hit |= Limit.VIDEO_AGE if wanted != inside else Limit.NONE
        return self._move(wanted, min(dt, self._longest), hit)

    def _stop(self, dt: float) -> tuple[float, Limit]:
        """Come to rest with the deceleration of a stop, which knows no jerk."""
        most, self._acceleration = self.axis.stop * dt, 0.0
        self.value -= _clamp(self.value, -most, most)
        return self.value, Limit.ACCELERATION if self.value else Limit.NONE

    def _move(self, wanted: float, dt: float, hit: Limit) -> tuple[float, Limit]:
        error, axis = wanted - self.value, self.axis
        free = _clamp(error / dt, -axis.acceleration, axis.acceleration)
        # The longest step, not this one: whatever steps follow, the acceleration can end in time.
        most = braking(abs(error), self._longest, axis.jerk)
        smooth = _clamp(_clamp(free, -most, most), self._acceleration - axis.jerk * dt,
                        self._acceleration + axis.jerk * dt)
        hit |= Limit.ACCELERATION if abs(error / dt - free) > EPSILON else Limit.NONE
        hit |= Limit.JERK if abs(smooth - free) * dt > EPSILON else Limit.NONE
        self._acceleration = smooth
        self.value += smooth * dt
        if abs(wanted - self.value) < SETTLED:
            self.value = wanted
        return self.value, hit


class PositionLimiter:
    """
    A joint: the output is a position, its motion ends in time for the target and the range.

    While nothing stops it, position, speed, acceleration and jerk are within their limits at every
    instant, not only at each output, whatever the targets do: a step is only taken to a state out
    of which a stop within these limits stays in the range; without such a step the stop begins.
    """

    def __init__(self, axis: Axis) -> None:
        """Begin where nothing is known; place() must come before the first step."""
        self.axis = axis
        most = min(axis.acceleration, axis.stop)  # else a stop would be the gentler way
        self._bounds = Bounds(-most, most, axis.jerk)
        self._state = State(math.nan, 0.0, 0.0)
        self._aim = Aim(math.nan)

    @property
    def value(self) -> float:
        """The position, NaN before it is known."""
        return self._state.place

    @property
    def speed(self) -> float:
        """The speed, exactly 0 at rest."""
        return self._state.speed

    def place(self, value: float) -> None:
        """Begin anew, at rest, where the joint is."""
        self._state = State(_clamp(value, self.axis.lower, self.axis.upper), 0.0, 0.0)
        self._aim = Aim(self.value)

    def rest(self) -> None:
        """Begin anew, at rest, where the output is."""
        self.place(self.value)

    def step(self, target: float, dt: float, stopping: bool, cap: float = 1.0) -> tuple[
            float, Limit]:
        """Move the output towards a target position in rad or m; as RateLimiter.step."""
        hit = Limit.NONE
        if not math.isfinite(target):
            target, hit = self.value, Limit.NOT_FINITE
        inside = _clamp(target, self.axis.lower, self.axis.upper)
        hit |= Limit.RANGE if inside != target else Limit.NONE
        if stopping:
            self._stop(dt)
            return self.value, hit | (Limit.ACCELERATION if self.speed else Limit.NONE)
        self._aim = self._aim.then(inside, dt)
        most = self.axis.velocity * cap
        self._state = self._approach(most, dt)
        return self.value, hit | self._lag(inside, most)

    def _stop(self, dt: float) -> None:
        """Come to rest with the deceleration of a stop, which knows no jerk."""
        place, speed, _ = self._state
        after = math.copysign(max(0.0, abs(speed) - self.axis.stop * dt), speed)
        place += (speed * abs(speed) - after * abs(after)) / (2 * self.axis.stop)
        # Driven on from here, it goes on braking as hard as it can without turning round.
        braking = min(self._bounds.high, math.sqrt(2 * self.axis.jerk * abs(after)))
        self._state = self._within(State(place, after, -math.copysign(braking, after))
                                   if after else State(place, 0.0, 0.0))
        self._aim = Aim(self.value)

    def _approach(self, most: float, dt: float) -> State:
        """Return the first safe state: with the target's motion, its speed, or its place alone."""
        for speed, acceleration in dict.fromkeys(self._aim.motions(most, self._bounds.high / 2)):
            state = self._beside(speed, acceleration, most, dt)
            if self._safe(state):
                return self._within(state)
        return self._within(follow(self._state, ramp(self._state, 0.0, self._bounds), dt))

    def _beside(self, speed: float, acceleration: float, most: float, dt: float) -> State:
        """Return the state after a step towards rest beside a target that moves like that."""
        target, bounds, change = self._aim.place, self._bounds, acceleration * dt
        seen = State(self.value - (target - speed * dt), self.speed - (speed - change / 2),
                     self._state.acceleration - acceleration)
        spare = most - abs(change) / 2  # the target has it at one end of the step
        found = chase(seen, dt, Bounds(bounds.low - acceleration, bounds.high - acceleration,
                                       bounds.jerk), -spare - speed, spare - speed)
        speed += change / 2  # from the mean of the step to its end
        place = target if abs(found.place) < EPSILON else target + found.place
        return State(place, speed + found.speed, acceleration + found.acceleration)

    def _safe(self, state: State) -> bool:
        """Tell whether a stop out of a state stays within speed and range."""
        _, speed, acceleration = state
        peak = speed + acceleration * abs(acceleration) / (2 * self.axis.jerk)
        if max(abs(speed), abs(peak)) > self.axis.velocity + EPSILON:
            return False
        low, high = extremes(state, self._bounds)
        return low >= self.axis.lower - EPSILON and high <= self.axis.upper + EPSILON

    def _within(self, state: State) -> State:
        return state._replace(place=_clamp(state.place, self.axis.lower, self.axis.upper))

    def _lag(self, target: float, most: float) -> Limit:
        """Say what keeps the output from the target, if it is behind by more than a trifle."""
        if abs(target - self.value) <= self.axis.velocity * TRIFLE:
            return Limit.NONE
        if abs(self.speed) >= most - SETTLED:
            return Limit.VELOCITY if most == self.axis.velocity else Limit.VIDEO_AGE
        full = abs(self._state.acceleration) >= self._bounds.high - SETTLED
        return Limit.ACCELERATION if full else Limit.JERK


def braking(distance: float, dt: float, deceleration: float) -> float:
    """
    Return the largest speed from which steps of at most dt still stop within a distance.

    The same holds one derivative higher: the largest acceleration that a jerk still ends within
    a change of speed.
    """
    if distance <= 0.0:
        return 0.0
    change = deceleration * dt
    smooth = math.sqrt(change * change / 4 + 2 * deceleration * distance) - change / 2
    whole = math.floor(smooth / change)  # so many full steps of braking follow the first step
    return distance / ((whole + 1) * dt) + whole * change / 2


Limiter = RateLimiter | PositionLimiter


def limiter(axis: Axis, longest: float) -> Limiter:
    """Return the limiter for an axis; longest: of its steps, in s."""
    return RateLimiter(axis, longest) if axis.rate else PositionLimiter(axis)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
