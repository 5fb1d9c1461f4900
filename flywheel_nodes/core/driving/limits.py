"""Limits of range, velocity and acceleration that hold for every output, whoever asks."""

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


EPSILON = 1e-9


class RateLimiter:
    """A base axis: the output is a velocity."""

    def __init__(self, axis: Axis) -> None:
        """Begin at rest."""
        self.axis = axis
        self.value = 0.0
        self.speed = 0.0

    def place(self, value: float) -> None:
        """Ignore it: a base axis has no place, only a speed."""

    def rest(self) -> None:
        """Begin anew at rest."""
        self.value = 0.0

    def step(self, target: float, dt: float, stopping: bool) -> tuple[float, Limit]:
        """
        Move the output towards a target.

        :param target: wanted velocity in m/s or rad/s; ignored when stopping
        :param dt: time since the last step in s
        :return: the output, and what kept it from the target
        """
        hit = Limit.NONE
        if not math.isfinite(target):
            target, hit = 0.0, Limit.NOT_FINITE
        wanted = 0.0 if stopping else _clamp(target, self.axis.lower, self.axis.upper)
        if not stopping and wanted != target:
            hit |= Limit.VELOCITY
        most = (self.axis.stop if stopping else self.axis.acceleration) * dt
        self.value += _clamp(wanted - self.value, -most, most)
        if abs(wanted - self.value) > EPSILON:
            hit |= Limit.ACCELERATION
        return self.value, hit


class PositionLimiter:
    """A joint: the output is a position, its speed ends in time for the target and the range."""

    def __init__(self, axis: Axis) -> None:
        """Begin where nothing is known; place() must come before the first step."""
        self.axis = axis
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

    def step(self, target: float, dt: float, stopping: bool) -> tuple[float, Limit]:
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
        hit |= self._move(self._approach(inside, dt), dt, self.axis.acceleration)
        self._target = inside
        return self.value, hit

    def _approach(self, target: float, dt: float) -> float:
        # The target's own speed is fed forward: else a moving target is followed late.
        ahead = (target - self._target) / dt
        error = target - self.value - ahead * dt
        closing = min(abs(error) / dt, self._braking(abs(error), dt, self.axis.acceleration))
        return ahead + math.copysign(closing, error)

    def _move(self, wanted: float, dt: float, most: float) -> Limit:
        limit = self.axis.velocity
        speed = _clamp(wanted, -limit, limit)
        hit = Limit.VELOCITY if speed != wanted else Limit.NONE
        speed = _clamp(speed, self.speed - most * dt, self.speed + most * dt)
        below = self._braking(self.value - self.axis.lower, dt, self.axis.acceleration)
        above = self._braking(self.axis.upper - self.value, dt, self.axis.acceleration)
        speed = _clamp(speed, -below, above)
        if abs(speed - _clamp(wanted, -limit, limit)) > EPSILON:
            hit |= Limit.ACCELERATION
        self.speed = speed
        self.value = _clamp(self.value + speed * dt, self.axis.lower, self.axis.upper)
        return hit

    @staticmethod
    def _braking(distance: float, dt: float, deceleration: float) -> float:
        """Return the largest speed from which steps of dt still stop within a distance."""
        if distance <= 0.0:
            return 0.0
        half = deceleration * dt / 2
        return min(math.sqrt(half * half + 2 * deceleration * distance) - half, distance / dt)


Limiter = RateLimiter | PositionLimiter


def limiter(axis: Axis) -> Limiter:
    """Return the limiter for an axis."""
    return RateLimiter(axis) if axis.rate else PositionLimiter(axis)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
