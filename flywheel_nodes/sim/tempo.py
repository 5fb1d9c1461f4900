"""How fast a policy acts: full tempo, or slowing down to a stall and picking up again."""

from dataclasses import dataclass

RAMP = 1.5


@dataclass(frozen=True)
class Tempo:
    """
    The tempo at one moment.

    pace: share of the full tempo in 0..1; phase: seconds acted so far, which a stall holds up.
    """

    pace: float = 1.0
    phase: float = 0.0

    def after(self, seconds: float, stalled: bool) -> 'Tempo':
        """Return the tempo this much later; a stall, and its end, take RAMP s."""
        change = seconds / RAMP
        pace = max(0.0, self.pace - change) if stalled else min(1.0, self.pace + change)
        ramp = abs(pace - self.pace) * RAMP
        return Tempo(pace, self.phase + (self.pace + pace) / 2 * ramp + pace * (seconds - ramp))
