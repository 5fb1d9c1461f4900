"""What the exporter tells of /diagnostics and /rosout."""

from typing import Any

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.health.diagnostics import Components, MOST
from flywheel_nodes.core.health.labels import tidy
from flywheel_nodes.core.health.logs import LogCounts
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.shell import Shell


class LogSource:
    """Counts what is logged, and keeps the newest level of each component."""

    def __init__(self, shell: Shell, nodes: tuple[str, ...]) -> None:
        """
        Listen.

        :param nodes: counted by name on /rosout
        """
        self._shell = shell
        self._components = Components()
        self._logs = LogCounts(shell.namespace, nodes)
        self._dropped = shell.metrics.cell('exporter_series_dropped_total')
        self._told = 0
        shell.subscribe(topics.DIAGNOSTICS, self._diagnosed)
        shell.subscribe(topics.ROSOUT, self._logged, raw=True)

    def _diagnosed(self, message: Any, arrival: Arrival) -> None:
        refused = [status.name for status in message.status if not self._components.hear(
            status.name, ord(status.level), arrival.mono_ns)]
        if refused:
            self._dropped.value += len(refused)
            self._shell.log.warning(
                f'{len(refused)} series of /diagnostics refused: {tidy(refused[0])!r} is one more '
                f'than the {MOST} components that are kept', throttle_duration_sec=60.0)

    def _logged(self, data: bytes, arrival: Arrival) -> None:
        self._logs.take(data)

    def step(self, now: Now) -> None:
        """Tell once a second."""
        if now.mono - self._told >= SECOND:
            self._told = now.mono
            self._shell.metrics.fill({'diagnostic_level': self._components.levels(now.mono),
                                      'log_messages_total': self._logs.counts})
