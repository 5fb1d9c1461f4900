"""The floor of the embedded robot: a circular track, and a crate that stands beside it."""

from dataclasses import dataclass
from functools import cached_property
import math


@dataclass(frozen=True)
class Disc:
    """Something round on the floor, in m."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Course:
    """
    A track that is driven counter-clockwise from the origin, heading along x; lengths in m.

    crate_at: path from the start to where the crate stands; crate_beside: from the track outwards
    to its middle; floor: half the side of the fenced square around the track.
    """

    radius: float = 3.0
    crate_at: float = 7.5
    crate_beside: float = 0.95
    crate_radius: float = 0.3
    floor: float = 5.0

    @property
    def length(self) -> float:
        """The length of one lap."""
        return math.tau * self.radius

    @cached_property
    def crate(self) -> Disc:
        """The crate."""
        return Disc(*self.point(self.crate_at, self.crate_beside), self.crate_radius)

    def point(self, path: float, outward: float = 0.0) -> tuple[float, float]:
        """Return x, y after this much path, or that far outward of it."""
        angle, radius = path / self.radius - math.pi / 2, self.radius + outward
        return radius * math.cos(angle), self.radius + radius * math.sin(angle)

    def progress(self, x: float, y: float) -> float:
        """Return the path, 0 to one lap, at the point of the track nearest to x, y."""
        return (math.atan2(y - self.radius, x) + math.pi / 2) % math.tau * self.radius

    def offset(self, x: float, y: float) -> float:
        """Return how far outward of the track x, y lies, negative inside."""
        return math.hypot(x, y - self.radius) - self.radius

    def gap(self, start: float, end: float) -> float:
        """Return the path from start to end, the shorter way: from -half to +half a lap."""
        half = self.length / 2
        return (end - start + half) % self.length - half

    def blocks(self, x: float, y: float, dx: float, dy: float, radius: float) -> bool:
        """Return whether a disc at x, y runs into the crate or the fence by moving dx, dy."""
        to_x, to_y = self.crate.x - x, self.crate.y - y
        near = math.hypot(to_x - dx, to_y - dy) < radius + self.crate.radius
        room, from_middle = self.floor - radius, y - self.radius
        return ((near and to_x * dx + to_y * dy > 0.0)
                or (abs(x + dx) > room and x * dx > 0.0)
                or (abs(from_middle + dy) > room and from_middle * dy > 0.0))
