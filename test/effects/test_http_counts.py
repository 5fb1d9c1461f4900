"""Totals of a server become the metrics of its node."""

from flywheel_nodes.core.metrics import Metrics
from flywheel_nodes.effects.http_counts import Dropped, HttpCounts


def test_totals_become_metrics() -> None:
    counts, metrics = HttpCounts(), Metrics()
    counts.answered('/metrics', 200)
    counts.lost(Dropped.SLOW)
    for _ in range(2):
        counts.read().copy_to(metrics)
    counts.answered('/metrics', 200)
    counts.read().copy_to(metrics)
    assert metrics.cell('exporter_requests_total', path='/metrics', code='200').value == 2
    dropped = {why: metrics.cell('exporter_connections_dropped_total', reason=why).value
               for why in Dropped}
    assert dropped == {'gone': 0, 'slow': 1, 'crowded_out': 0, 'handshake': 0, 'failed': 0}
