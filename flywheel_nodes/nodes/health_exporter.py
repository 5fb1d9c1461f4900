"""Serves what all nodes report to Prometheus, and whether they are well."""

from collections.abc import Sequence
import json
import time
from typing import Any

from flywheel_nodes import __version__
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import ExporterConfig
from flywheel_nodes.core.exposition import Bounds, Exposition, Family
from flywheel_nodes.core.health.labels import ours, TopicLabels
from flywheel_nodes.core.health.presence import Presence
from flywheel_nodes.core.processes import names, running
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.exporter_access import access
from flywheel_nodes.effects.metrics_http import Reply, Request, Server
from flywheel_nodes.effects.prometheus import FamilyCollector
from flywheel_nodes.nodes.exporter_graph import GraphSource
from flywheel_nodes.nodes.exporter_host import HostSource
from flywheel_nodes.nodes.exporter_logs import LogSource
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.shell import run, Shell


class HealthExporter:
    """The only metrics server of a robot; its own metrics take the same way as all others."""

    def __init__(self, shell: Shell) -> None:
        """Listen to all nodes and to scrapers."""
        config: ExporterConfig = shell.config
        self._shell = shell
        self._timeout = config.heartbeat_timeout
        self._stepped = time.monotonic_ns()
        nodes = tuple(process.name for process in running(
            shell.robot.robot, names(config.without), config.fake))
        labels = TopicLabels(shell.namespace, ours(shell.robot), config.topics)
        self._exposition = Exposition(nodes, config.heartbeat_timeout, Bounds(
            config.max_series, config.max_series_per_metric, labels.objection))
        self._presence = Presence(nodes)
        self._collector = FamilyCollector(self._families)
        self._dropped = shell.metrics.cell('exporter_series_dropped_total')
        self._describe()
        self._collecting = shell.metrics.cell('exporter_collect_duration_seconds')
        shell.subscribe(topics.METRICS, self._heard)
        self._logs = LogSource(shell, (*nodes, *config.log_nodes))
        self._graph = GraphSource(shell, labels, nodes)
        self._server = Server(shell.name, config.host, config.port, {
            '/metrics': self._metrics, '/livez': self._livez, '/readyz': self._readyz},
            access(config))
        self._host = HostSource(shell)
        shell.instance.address(f'{self._server.url}/metrics')
        shell.log.info(f'metrics at {self._server.url}/metrics')

    def _describe(self) -> None:
        metrics, robot = self._shell.metrics, self._shell.robot
        metrics.set('build_info', 1, version=__version__)
        metrics.set('robot_info', 1, model=robot.model, embodiment=robot.embodiment)
        for topic, rate in robot.rates.items():
            metrics.set('topic_expected_rate_hertz', rate, topic=topic)

    def _heard(self, message: Any, arrival: Arrival) -> None:
        report = wire.report_from_statuses(message.status)
        refused = self._exposition.take(report, Now(arrival.mono_ns, arrival.received_ns))
        if refused:
            self._dropped.value += len(refused)
            self._shell.log.warning(f'{len(refused)} series of {report.node} refused: '
                                    f'{refused[0]}', throttle_duration_sec=60.0)

    def step(self, now: Now) -> None:
        """Forget, compare and report: who fell silent, the graph, logs, machine and server."""
        self._stepped = now.mono
        self._exposition.forget(now)
        self._shell.emit(*self._presence.update(self._exposition.down(now), now.mono))
        self._logs.step(now)
        self._graph.step(now)
        self._host.check(now.mono)
        self._server.counted().copy_to(self._shell.metrics)

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
        self._host.close()

    # --- called from the server's threads -------------------------------------------------------

    def _families(self) -> list[Family]:
        with self._shell.lock:
            return self._exposition.families(clocks.now())

    def _metrics(self, request: Request) -> Reply:
        began = time.perf_counter()
        made = self._collector.render(request.headers.get('accept', ''),
                                      request.headers.get('accept-encoding', ''),
                                      request.query.get('name[]', ()))
        with self._shell.lock:
            self._collecting.observe(time.perf_counter() - began)
        encoded = {'Content-Encoding': made.encoding} if made.encoding else {}
        return Reply(200, made.body, made.content_type, {'Vary': 'Accept-Encoding', **encoded})

    def _livez(self, request: Request) -> Reply:
        late = (clocks.now().mono - self._stepped) / SECOND
        if late > self._timeout:
            return Reply(503, f'the loop stands still for {late:.1f} s\n'.encode())
        return Reply(200, b'alive\n')

    def _readyz(self, request: Request) -> Reply:
        with self._shell.lock:
            down = self._exposition.down(clocks.now())
        body = json.dumps({'ready': not down, 'down': down}) + '\n'
        return Reply(503 if down else 200, body.encode(), 'application/json')


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run('health_exporter', ExporterConfig, HealthExporter, args)
