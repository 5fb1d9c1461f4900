"""How often a command is sent that asks for nothing new."""

from collections.abc import Sequence

from flywheel_nodes.core.driving.axes import Axis, BASE
from flywheel_nodes.core.driving.motion import Output
from flywheel_nodes.core.pace import Pace

REST_HZ = 20.0  # three times within the shortest time-out of an adapter


class Repeats:
    """
    Thins out the commands to a robot that shall stay as it is.

    A robot at rest needs to hear that we are there, not the same zero with every tick: on its way
    to the drives and into the ring each command costs three processes more than the decision.
    """

    def __init__(self, axes: Sequence[Axis]) -> None:
        """Begin with nothing sent."""
        self._base = [number for number, axis in enumerate(axes) if axis.group == BASE]
        self._values: tuple[float, ...] = ()
        self._pace = Pace(REST_HZ)

    def due(self, output: Output, now: int) -> bool:
        """Tell whether to send an output: all that moves or is new, the rest at REST_HZ."""
        same, self._values = output.values == self._values, output.values
        rests = same and not any(output.speeds) and not any(
            output.values[number] for number in self._base)
        return self._pace.lets(now) or not rests
