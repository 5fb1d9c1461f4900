"""Which of our nodes the doctor sees on the bus, and which of them report."""

from collections.abc import Iterator, Mapping
from typing import Any

from flywheel_nodes.core import wire
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.doctor import nodes
from flywheel_nodes.core.doctor.finding import Finding
from flywheel_nodes.core.doctor.nodes import Roll
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.node_process import NodeProcess
from flywheel_nodes.core.topics import METRICS
from flywheel_nodes.nodes.doctor_buses import Listener
from flywheel_nodes.nodes.inlet import Arrival


class RollCall:
    """Listens for the reports that each node sends once a second."""

    def __init__(self, listener: Listener, living: Mapping[str, NodeProcess], domain: str) -> None:
        """Begin; living: the processes on this machine; domain: the one that was joined."""
        self._listener = listener
        self._living, self._domain = living, domain
        self._heard: set[str] = set()
        listener.subscribe(METRICS, self._report)

    def _report(self, message: Any, _: Arrival) -> None:
        try:
            node = wire.report_from_statuses(message.status).node
        except WireError:
            return
        if node in self._living:
            self._heard.add(node)

    def step(self, now: Now) -> None:
        """Take what has arrived."""
        self._listener.inlet.drain(now.wall_minus_mono, now.mono)

    @property
    def roll(self) -> Roll:
        """Who is there."""
        return Roll(self._living, self._listener.seen(), self._heard, self._domain)

    @property
    def complete(self) -> bool:
        """Whether nobody is missed who may only be late."""
        return not nodes.missed(self.roll)

    def findings(self, expected: tuple[str, ...], start: str) -> Iterator[Finding]:
        """Yield what was found; start: the command that starts the nodes."""
        yield from nodes.nodes(expected, self.roll, start)
