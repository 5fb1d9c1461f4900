"""
The metrics of one process: counted here, published on flywheel/metrics, served by the exporter.

Counters travel as running totals with the start time of their process, so that a lost message
loses nothing and a restart looks to Prometheus like any other counter reset.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
import math

from flywheel_nodes.core.metric import Kind, Metric
from flywheel_nodes.core.metric_table import BY_NAME, METRICS

Labels = tuple[str, ...]
READS_AT_ZERO = 16  # at one a second, longer than the usual 15 s from scrape to scrape
BUSY_READS = 3
Readings = Mapping[str, Mapping[Labels, float]]


class Cell:
    """One series; hot paths keep it and add to its value."""

    __slots__ = ('bounds', 'counts', 'value')

    def __init__(self, bounds: tuple[float, ...] = ()) -> None:
        """Start at zero; bounds are the upper edges of a histogram's buckets."""
        self.value = 0.0
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1) if bounds else []

    def observe(self, value: float) -> None:
        """Count a value; one that is not finite is in the last bucket and not in the sum."""
        if not math.isfinite(value):
            self.counts[-1] += 1  # in the sum it would spoil the series for ever
            return
        self.value += value
        self.counts[bisect_left(self.bounds, value)] += 1

    def sample(self) -> 'Sample':
        """Return what is published."""
        return Sample(self.value, tuple(self.counts))


@dataclass(frozen=True)
class Sample:
    """A value, or for a histogram its sum and the count of each bucket (not cumulative)."""

    value: float
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Report:
    """One message of flywheel/metrics: whose it is and the series in it."""

    node: str
    started: float
    full: bool
    series: dict[tuple[str, Labels], Sample]


class _Young:
    """A series that has just appeared; one that changes at every read is soon told as it is."""

    __slots__ = ('_busy', '_last', '_left')

    def __init__(self) -> None:
        self._left, self._busy = READS_AT_ZERO + 1, 0
        self._last: Sample | None = None

    def still(self, now: Sample) -> bool:
        """Take its sample at a read; return whether it is told as 0."""
        self._busy = self._busy + 1 if now != self._last else 0
        self._left -= 1
        self._last = now
        return self._left > 0 and self._busy < BUSY_READS


class Metrics:
    """The series of one process; refuses to grow past max_series."""

    def __init__(self, max_series: int = 1000) -> None:
        """Start without any series."""
        self._cells: dict[tuple[str, Labels], Cell] = {}
        self._sent: dict[tuple[str, Labels], Sample] = {}
        self._young: dict[tuple[str, Labels], _Young] = {}
        self._max = max_series
        self.dropped = 0

    def begin(self, node: str) -> None:
        """Begin at 0 what a node counts under known labels, so that its first event shows."""
        for metric in METRICS:
            if metric.source != node:
                continue
            if metric.kind is not Kind.GAUGE and not metric.labels:
                self.cell(metric.name)
            for value in metric.closed:
                self.cell(metric.name, **{metric.labels[0]: value})

    def forget(self, name: str) -> None:
        """Drop all series of a metric; they leave with the next full report."""
        self._cells = {key: cell for key, cell in self._cells.items() if key[0] != name}

    def cell(self, name: str, **labels: str) -> Cell:
        """Return a series, made on first use; over the bound it is counted but not kept."""
        return self._at((name, _ordered(BY_NAME[name], labels)))

    def _at(self, key: tuple[str, Labels]) -> Cell:
        cell = self._cells.get(key)
        if cell is None:
            cell = Cell(BY_NAME[key[0]].buckets)
            if len(self._cells) >= self._max:
                self.dropped += 1
                return cell
            self._cells[key] = cell
            if self._sent and BY_NAME[key[0]].kind is not Kind.GAUGE:
                self._young[key] = _Young()
        return cell

    def fill(self, readings: Readings) -> None:
        """Set all series of some metrics; others of theirs leave with the next full report."""
        self._cells = {key: cell for key, cell in self._cells.items()
                       if key[0] not in readings or key[1] in readings[key[0]]}
        for name, rows in readings.items():
            for labels, value in rows.items():
                self._at((name, labels)).value = value
                self._young.pop((name, labels), None)  # a total that others have kept for long

    def add(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Add to a counter."""
        self.cell(name, **labels).value += amount

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge, or a counter whose total is kept elsewhere."""
        self.cell(name, **labels).value = value

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add an observation to a histogram."""
        self.cell(name, **labels).observe(value)

    def read(self, full: bool) -> dict[tuple[str, Labels], Sample]:
        """
        Return all series, or those that changed since the last read.

        What began to count after the first read is told as 0 for a while, so that a scraper sees
        where it began: increase() does not know what a series held when it was first seen.
        """
        now = {key: cell.sample() for key, cell in self._cells.items()}
        self._young = {key: one for key, one in self._young.items()
                       if key in now and one.still(now[key])}
        now.update((key, Sample(0.0, (0,) * len(now[key].counts))) for key in self._young)
        changed = now if full else {k: v for k, v in now.items() if self._sent.get(k) != v}
        self._sent = now
        return changed


def _ordered(metric: Metric, labels: dict[str, str]) -> Labels:
    if len(labels) != len(metric.labels):
        raise KeyError(f'{metric.name}: needs the labels {metric.labels}')
    return tuple(labels[name] for name in metric.labels)
