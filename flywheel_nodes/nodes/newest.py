"""For topics of which only the last message counts: the others are not even decoded."""

from collections.abc import Callable
from typing import Any

from rclpy.serialization import deserialize_message

from flywheel_nodes.nodes.inlet import Arrival


class Newest:
    """Takes messages as bytes and hands out the last one of each drain, decoded."""

    def __init__(self, type_: Any, callback: Callable[[Any, Arrival], None]) -> None:
        """Begin without a message."""
        self._type = type_
        self._callback = callback
        self._last: tuple[bytes, Arrival] | None = None

    def __call__(self, data: bytes, arrival: Arrival) -> None:
        """Take a message in place of the one before."""
        self._last = data, arrival

    def hand_out(self) -> None:
        """Hand out the message taken last, if any came since."""
        if self._last is not None:
            (data, arrival), self._last = self._last, None
            self._callback(deserialize_message(data, self._type), arrival)
