"""
The sizes and qualities a camera is offered in: few, so that viewers share what was encoded.

A viewer's link decides how far down it goes. The widest step of a camera that compresses its
pictures itself is the camera's own picture.
"""

from dataclasses import dataclass

FINE = 75


@dataclass(frozen=True)
class Rung:
    """One step: width in pixels at most, quality of JPEG in 1 to 100."""

    width: int
    quality: int

    @property
    def cost(self) -> float:
        """Roughly how large its pictures are, in comparison with other steps."""
        return float(self.width * self.width * self.quality)


LADDER = (Rung(160, 40), Rung(240, 45), Rung(320, 50), Rung(480, 50), Rung(640, 50),
          Rung(640, FINE), Rung(960, 70), Rung(1280, FINE), Rung(1920, FINE))


def ladder(width: int) -> tuple[Rung, ...]:
    """
    Return the steps for pictures of at most that width, smallest first.

    The last one is that width at a fine quality, whatever the width.
    """
    below = tuple(rung for rung in LADDER if rung.width < width)
    medium = tuple(rung for rung in LADDER if rung.width == width and rung.quality < FINE)
    return (*below, *medium, Rung(width, FINE))
