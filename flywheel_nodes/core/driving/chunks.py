"""
Action chunks: what a policy wants over the next moments, counted from its observation.

The time into a chunk is the age it had on arrival plus the monotonic time since, so that a step
of the wall clock neither replays nor skips an action.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
import math
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.errors import WireError

Vector = tuple[float, ...]
MOST_POINTS = 1000


class ContractError(WireError):
    """A chunk that breaks the contract: shape, names, finite numbers, limits, times."""


@dataclass(frozen=True)
class Chunk:
    """
    A chunk for one group of axes.

    stamp_ns: wall stamp of the observation it came from; offsets_ns: H strictly increasing times
    counted from that stamp; values: H x d, in the order of the group's axes.
    """

    stamp_ns: int
    offsets_ns: tuple[int, ...]
    values: tuple[Vector, ...]

    def sample(self, into_ns: int) -> Vector | None:
        """Return the d values at a time into the chunk, None once it is used up."""
        offsets = self.offsets_ns
        if into_ns > offsets[-1]:
            return None
        if into_ns <= offsets[0]:
            return self.values[0]
        later = bisect_left(offsets, into_ns)
        share = (into_ns - offsets[later - 1]) / (offsets[later] - offsets[later - 1])
        return tuple(a + share * (b - a)
                     for a, b in zip(self.values[later - 1], self.values[later], strict=True))


def joint_chunk(message: Any, axes: Sequence[Axis]) -> Chunk:
    """Read a JointTrajectory; the joints may come in any order. Raises ContractError."""
    order = _order(message.joint_names, [axis.name for axis in axes])
    points = [tuple(float(p) for p in point.positions) for point in _points(message)]
    if any(len(point) != len(order) for point in points):
        raise ContractError(f'a point has not one position for each of {len(order)} joints')
    return _chunk(message, [tuple(point[i] for i in order) for point in points])


def base_chunk(message: Any, axes: Sequence[Axis]) -> Chunk:
    """Read a MultiDOFJointTrajectory of one body's velocities. Raises ContractError."""
    if list(message.joint_names) != ['base']:
        raise ContractError(f'joint_names is {list(message.joint_names)}, not [base]')
    if any(len(point.velocities) != 1 for point in _points(message)):
        raise ContractError('a point has not exactly one velocity')
    return _chunk(message, [twist(point.velocities[0], axes) for point in message.points])


def single_action(message: Any, axes: Sequence[Axis], hold_ns: int) -> Chunk:
    """Read a TwistStamped as a chunk that holds for a while after its observation."""
    value = twist(message.twist, axes)
    return Chunk(_ns(message.header.stamp), (0, hold_ns), (value, value))


def twist(message: Any, axes: Sequence[Axis]) -> Vector:
    """Return the axes' shares of a Twist (m/s, rad/s, body frame)."""
    found = {'vx': message.linear.x, 'vy': message.linear.y, 'wz': message.angular.z}
    return tuple(float(found[axis.name]) for axis in axes)


def _order(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    if sorted(names) != sorted(wanted):
        raise ContractError(f'joint names are {list(names)[:12]}, not {list(wanted)}')
    return [list(names).index(name) for name in wanted]


def _points(message: Any) -> Sequence[Any]:
    points: Sequence[Any] = message.points
    if len(points) > MOST_POINTS:  # reading them all would hold up the loop
        raise ContractError(f'{len(points)} points, more than {MOST_POINTS}')
    return points


def _chunk(message: Any, values: Sequence[Vector]) -> Chunk:
    if not values:
        raise ContractError('no points')
    offsets = tuple(_ns(point.time_from_start) for point in message.points)
    if any(b <= a for a, b in pairwise(offsets)):
        raise ContractError('time_from_start does not increase')
    return Chunk(_ns(message.header.stamp), offsets, tuple(values))


def _ns(stamp: Any) -> int:
    return int(stamp.sec) * SECOND + int(stamp.nanosec)


def check(chunk: Chunk, axes: Sequence[Axis], margin: float) -> None:
    """
    Refuse numbers that are not finite or beyond a limit.

    :param margin: how many times a limit may be asked for; the arbiter clamps to the limit itself
    :raises ContractError: naming the axis, the value and the limit
    """
    for vector in chunk.values:
        for axis, value in zip(axes, vector, strict=True):
            if not math.isfinite(value):
                raise ContractError(f'{axis.name} is {value}')
            slack = (margin - 1.0) * (axis.upper - axis.lower)
            if not axis.lower - slack <= value <= axis.upper + slack:
                raise ContractError(f'{axis.name} is {value:.3g}, outside '
                                    f'{axis.lower:g} to {axis.upper:g}')


@dataclass(frozen=True)
class Proposal:
    """A chunk that has arrived: its age then, and when on the monotonic clock."""

    chunk: Chunk
    arrived_ns: int
    age_ns: int

    @property
    def observed_ns(self) -> int:
        """The monotonic time of the observation behind it."""
        return self.arrived_ns - self.age_ns

    def sample(self, mono_ns: int) -> Vector | None:
        """Return the values for now, None once the chunk is used up."""
        return self.chunk.sample(mono_ns - self.observed_ns)
