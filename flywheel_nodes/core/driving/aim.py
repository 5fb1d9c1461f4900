"""Where a target goes: its speed and acceleration, told from where it has been."""

from collections.abc import Iterator
from dataclasses import dataclass
import math


@dataclass(frozen=True)
class Aim:
    """A target: its place, its mean speed in the last dt s, and how that changes."""

    place: float
    dt: float = 0.0
    speed: float = 0.0
    moving: bool = False
    acceleration: float = 0.0
    _change: float = 0.0

    def then(self, place: float, dt: float) -> 'Aim':
        """
        Return the aim after dt s.

        A target that stood still may have jumped: it has no speed yet. Of two changes of speed
        the smaller counts, and none when they differ in sign: a corner in the target's way is no
        acceleration, nor is noise.
        """
        speed = (place - self.place) / dt
        change = (speed - self.speed) / dt
        steady = change * self._change > 0.0
        return Aim(place, dt, speed, self.speed != 0.0,
                   min(change, self._change, key=abs) if steady else 0.0, change)

    def motions(self, most: float, hardest: float) -> Iterator[tuple[float, float]]:
        """
        Yield speeds and accelerations to expect of it, the boldest guess first.

        :param most: largest speed that can be followed
        :param hardest: largest acceleration that can be followed
        """
        fastest = abs(self.speed) + abs(self.acceleration) * self.dt / 2
        if self.moving and fastest < most and abs(self.acceleration) < hardest:
            yield self.speed, self.acceleration
        if self.moving:
            yield math.copysign(min(abs(self.speed), most), self.speed), 0.0
        yield 0.0, 0.0
