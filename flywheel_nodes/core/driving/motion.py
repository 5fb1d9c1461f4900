"""From what somebody wants to what the robot gets: blending, limits, holding."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.limits import Limit, limiter


@dataclass(frozen=True)
class Output:
    """One tick's output in the order of the axes: values, speeds of the joints, what clamped."""

    values: tuple[float, ...]
    speeds: tuple[float, ...]
    limits: Limit
    blend: float


class Motion:
    """The robot's outputs as they develop."""

    def __init__(self, axes: Sequence[Axis], longest: float) -> None:
        """
        Begin at rest, with joints whose places are not yet known.

        :param longest: no step of drive() takes more than this, in s
        """
        self._limiters = [limiter(axis, longest) for axis in axes]
        self._held = [0.0] * len(axes)
        self._elapsed = 1.0

    @property
    def placed(self) -> bool:
        """Whether every joint's place is known."""
        return all(math.isfinite(one.value) for one in self._limiters)

    @property
    def resting(self) -> bool:
        """Whether no joint's output moves."""
        return not any(one.speed for one in self._limiters)

    @property
    def values(self) -> tuple[float, ...]:
        """The last outputs."""
        return tuple(one.value for one in self._limiters)

    def place(self, measured: Sequence[float]) -> None:
        """Let the joints begin where they are; NaN leaves one alone."""
        for one, value in zip(self._limiters, measured, strict=True):
            if math.isfinite(value):
                one.place(value)

    def rest(self) -> None:
        """Begin anew at rest, because the robot has stopped without us."""
        for one in self._limiters:
            one.rest()

    def hand_over(self) -> None:
        """Begin to blend from the present outputs to a new controller."""
        self._held = [one.value for one in self._limiters]
        self._elapsed = 0.0

    def drive(self, targets: Sequence[float | None], dt: float, blend_time: float,
              cap: float = 1.0) -> Output:
        """
        Move towards targets; an axis without one stops.

        :param targets: velocity or position per axis, None where the controller has no opinion
        :param dt: s since the last tick
        :param blend_time: s over which a new controller takes over
        :param cap: share of the speed limits that may be used
        """
        self._elapsed = min(1.0, self._elapsed + dt / blend_time) if blend_time else 1.0
        results = [one.step(self._mixed(held, target), dt, target is None, cap)
                   for one, held, target in zip(self._limiters, self._held, targets, strict=True)]
        return self._output([hit for _, hit in results])

    @property
    def _blend(self) -> float:
        # Smoothstep: a ramp's abrupt end would make a joint overshoot.
        return self._elapsed * self._elapsed * (3.0 - 2.0 * self._elapsed)

    def _mixed(self, held: float, target: float | None) -> float:
        return 0.0 if target is None else held + self._blend * (target - held)

    def hold(self, dt: float) -> Output:
        """Come to rest with the stop decelerations and stay there."""
        return self._output([one.step(one.value, dt, True)[1] for one in self._limiters])

    def _output(self, hits: Sequence[Limit]) -> Output:
        limits = Limit.NONE
        for hit in hits:
            limits |= hit
        return Output(self.values, tuple(one.speed for one in self._limiters), limits,
                      self._blend)
