"""Nodes that fall silent and are heard again, told once each."""

from collections.abc import Iterable, Mapping

from flywheel_nodes.core.events import Event, EventName


class Presence:
    """Which of the expected nodes are up; one that was never heard is not missed here."""

    def __init__(self, expected: Iterable[str]) -> None:
        """Begin with none of them heard."""
        self._expected = tuple(expected)
        self._known: dict[str, bool] = {}

    def update(self, down: Mapping[str, str], now: int) -> list[Event]:
        """
        Return what has changed.

        :param down: the nodes that are not up, and since when
        """
        events = []
        for node in self._expected:
            up, was = node not in down, self._known.get(node)
            if up and was is False:
                events.append(Event(EventName.NODE_BACK, f'{node} is heard again', now,
                                    {'node': node}))
            if not up and was:
                events.append(Event(EventName.NODE_SILENT, f'{node} is {down[node]}: its process '
                                    'has ended, hangs or is stopped', now, {'node': node}))
            if up or was:
                self._known[node] = up
        return events
