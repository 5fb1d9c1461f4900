"""Limits of range, velocity, acceleration and jerk that hold for every output, whoever asks."""

from enum import IntFlag
import math

from flywheel_nodes.core.driving.axes import Axis


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
    """A joint: the output is a position, its speed ends in time for the target and the range."""

    def __init__(self, axis: Axis, longest: float) -> None:
        """
        Begin where nothing is known; place() must come before the first step.

        :param longest: no step but those that stop takes more than this, in s
        """
        self.axis = axis
        self._longest = longest
        self.value = math.nan
        self.speed = 0.0
        self._target = math.nan

    def place(self, value: float) -> None:
        """Begin anew, at rest, where the joint is."""
        self.value = _clamp(value, self.axis.lower, self.axis.upper)
        self.speed = 0.0
        self._target = self.value

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
            self._move(0.0, dt, self.axis.stop)
            self._target = self.value
            return self.value, hit
        wanted = self._approach(inside, dt)
        most = self.axis.velocity * cap
        if cap < 1.0 and abs(wanted) > most:
            wanted, hit = math.copysign(most, wanted), hit | Limit.VIDEO_AGE
        hit |= self._move(wanted, dt, self.axis.acceleration)
        self._target = inside
        return self.value, hit

    def _approach(self, target: float, dt: float) -> float:
        # The target's own speed is fed forward: else a moving target is followed late.
        ahead = (target - self._target) / dt
        error = target - self.value - ahead * dt
        closing = min(abs(error) / dt, self._braking(abs(error)))
        return ahead + math.copysign(closing, error)

    def _move(self, wanted: float, dt: float, most: float) -> Limit:
        limit = self.axis.velocity
        speed = _clamp(wanted, -limit, limit)
        hit = Limit.VELOCITY if speed != wanted else Limit.NONE
        speed = _clamp(speed, self.speed - most * dt, self.speed + most * dt)
        speed = _clamp(speed, -self._braking(self.value - self.axis.lower),
                       self._braking(self.axis.upper - self.value))
        if abs(speed - _clamp(wanted, -limit, limit)) > EPSILON:
            hit |= Limit.ACCELERATION
        self.speed = speed
        self.value = _clamp(self.value + speed * dt, self.axis.lower, self.axis.upper)
        return hit


    def _braking(self, distance: float) -> float:
        return braking(distance, self._longest, self.axis.acceleration)


def braking(distance: float, dt: float, deceleration: float) -> float:
    """
    Return the largest speed from which steps of at most dt still stop within a distance.

    The same holds one derivative higher: the largest acceleration that a jerk still ends within
    a change of speed.
    """
    if distance <= 0.0:
        return 0.0
    if math.isinf(deceleration):
        return distance / dt
    change = deceleration * dt
    smooth = math.sqrt(change * change / 4 + 2 * deceleration * distance) - change / 2
    whole = math.floor(smooth / change)  # so many full steps of braking follow the first step
    return distance / ((whole + 1) * dt) + whole * change / 2


Limiter = RateLimiter | PositionLimiter


def limiter(axis: Axis, longest: float) -> Limiter:
    """Return the limiter for an axis; longest: of its steps, in s."""
    return RateLimiter(axis, longest) if axis.rate else PositionLimiter(axis, longest)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
