"""
What happened between two scrapes: increases, rates, quantiles.

A rate divides by the time between the reports of the node that counts, not by that between the
scrapes: nodes report once a second, and the reports in two scrapes may be a second further apart.
"""

from dataclasses import dataclass
import math

from flywheel_nodes.core.metric import ALL_NODES
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.core.status.scrape import Labels, Scrape

HEARD = 'node_last_heartbeat_timestamp_seconds'


@dataclass(frozen=True)
class Between:
    """Two scrapes of one exporter; before: None for the first."""

    now: Scrape
    before: Scrape | None = None

    def rise(self, name: str, **labels: str) -> float | None:
        """
        Return by how much counters rose, those that have at least these labels together.

        None when none was in the scrape before, too; one that fell began anew at 0. A counter that
        is new to the exporter may hold a past, and one that is new to its node is told as 0 first.
        """
        if self.before is None:
            return None
        before = self.before.rows(name)
        known = [_rise(before[key], value) for key, value in self._rows(name, labels).items()
                 if key in before]
        return sum(known) if known else None

    def rate(self, name: str, **labels: str) -> float | None:
        """Return how fast they rise together, per s; None when nobody can know."""
        if self.before is None:
            return None
        before, total, known = self.before.rows(name), 0.0, False
        for key, value in self._rows(name, labels).items():
            span = self._span(name, key)
            if span > 0.0 and key in before:
                total, known = total + _rise(before[key], value) / span, True
        return total if known else None

    def _rows(self, name: str, labels: dict[str, str]) -> dict[Labels, float]:
        wanted = frozenset(labels.items())
        return {key: value for key, value in self.now.rows(name).items() if wanted <= key}

    def _span(self, name: str, key: Labels) -> float:
        """Return the s between the two reports a series came with, 0 when it did not."""
        metric = BY_NAME.get(name)
        if metric is None or self.before is None:
            return 0.0
        node = dict(key).get('node', '') if metric.source == ALL_NODES else metric.source
        heard, last = self.now.value(HEARD, node=node), self.before.value(HEARD, node=node)
        return heard - last if heard is not None and last is not None else 0.0

    def quantile(self, q: float, name: str, **labels: str) -> float | None:
        """
        Return a quantile of what a histogram took in since; None when it took in nothing.

        None, too, when it was not in the scrape before, as with rise().

        :return: as Prometheus estimates it, the greatest edge for what lies beyond
        """
        before = self._buckets(self.before, name, labels) if self.before else []
        return _quantile(q, _less(self._buckets(self.now, name, labels), before)) \
            if before else None

    def _buckets(self, of: Scrape, name: str, labels: dict[str, str]) -> list[tuple[float, float]]:
        """Return (upper edge, cumulated count), ascending, summed over all other labels."""
        wanted, found = frozenset(labels.items()), dict[float, float]()
        for key, count in of.rows(f'{name}_bucket').items():
            if wanted <= key:
                edge = _edge(dict(key).get('le', ''))
                found[edge] = found.get(edge, 0.0) + count
        return sorted(found.items())


def _edge(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.inf


def _rise(before: float, now: float) -> float:
    return now - before if now >= before else now


def _less(now: list[tuple[float, float]],
          before: list[tuple[float, float]]) -> list[tuple[float, float]]:
    old = dict(before)
    if now and old.get(now[-1][0], 0.0) > now[-1][1]:
        return now  # it began anew
    return [(edge, max(0.0, count - old.get(edge, 0.0))) for edge, count in now]


def _quantile(q: float, buckets: list[tuple[float, float]]) -> float | None:
    if not buckets or buckets[-1][1] <= 0.0:
        return None
    rank, low, below = q * buckets[-1][1], 0.0, 0.0
    for edge, count in buckets:
        if count >= rank and count > below:
            return low if math.isinf(edge) else \
                low + (edge - low) * max(0.0, rank - below) / (count - below)
        low, below = (low if math.isinf(edge) else edge), count
    return low
