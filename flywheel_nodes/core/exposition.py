"""
What /metrics serves: the newest reports of all nodes, merged.

Every series has one owner, so that two nodes can never report the same one: a metric with a
`node` label belongs to the node in it, any other to the source that the metric table names.
What somebody else says of it is refused. Bounded are the nodes, the series of each metric and of
all, and the length of labels; which topics become labels is a matter of configuration. Counters
and histograms pass through as the running totals they are; Prometheus sees the restart of a node
as a counter reset. Gauges of a node that is down are withheld, because nobody knows whether they
still hold; its totals stay. Of a node that only changes were heard of nothing is served: a sum
over some of its counters would look like a reset, and a moment later like a burst of events.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
import math
import re

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.metric import ALL_NODES, Kind, Metric
from flywheel_nodes.core.metric_table import BY_NAME, METRICS
from flywheel_nodes.core.metrics import Labels, Report, Sample

MAX_NODES = 64
MAX_LABEL = 200
MAX_COUNT = 1 << 53
FORGET_AFTER = 20
NODE_METRICS = ('node_up', 'node_last_heartbeat_timestamp_seconds', 'node_start_time_seconds')
_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]{0,99}', re.ASCII)
Key = tuple[str, Labels]
Objection = Callable[[Labels, Labels], str]


@dataclass(frozen=True)
class Family:
    """All series of one metric."""

    metric: Metric
    series: tuple[tuple[Labels, Sample], ...]


@dataclass
class _Node:
    heard: Now
    started: float
    series: dict[Key, Sample] = field(default_factory=dict)
    whole: bool = False  # all of it was heard


@dataclass(frozen=True)
class Bounds:
    """
    How much is kept.

    series: of all nodes, a histogram counting as Prometheus counts it; of_metric: sets of labels
    of one metric; labels: why a series with these names and values of labels is refused.
    """

    series: int
    of_metric: int
    labels: Objection = lambda names, values: ''


class Exposition:
    """The merged series of one robot, bounded in nodes, series and the length of labels."""

    def __init__(self, expected: Iterable[str], timeout_s: float, bounds: Bounds) -> None:
        """
        Begin with nothing heard.

        :param expected: the nodes that run on this robot
        :param timeout_s: a node silent for longer is down, in s
        """
        self._expected = tuple(expected)
        self._timeout = int(timeout_s * SECOND)
        self._bounds = bounds
        self._held = 0
        self._of_metric: Counter[str] = Counter()
        self._nodes: dict[str, _Node] = {}

    def take(self, report: Report, heard: Now) -> list[str]:
        """
        Merge a report: a full one replaces what its node said before.

        :param heard: when it arrived
        :return: one reason for each series that was refused
        """
        node = self._node(report, heard)
        if node is None:
            return [f'{report.node!r} is no node name or one of too many'] * len(report.series)
        if report.full:
            self._clear(node)
            node.whole = True
        refused = (self._put(node, key, sample, report.node)
                   for key, sample in report.series.items())
        return [reason for reason in refused if reason]

    def _node(self, report: Report, heard: Now) -> _Node | None:
        node = self._nodes.get(report.node)
        if node is None:
            if not _NAME.fullmatch(report.node) or not self._room_for(report.node):
                return None
            node = self._nodes[report.node] = _Node(heard, report.started)
        elif node.started != report.started:
            self._clear(node)  # totals of a process that is gone
            node.whole = False
        node.heard, node.started = heard, report.started
        return node

    def _room_for(self, name: str) -> bool:
        return name in self._expected or len(self._nodes) < MAX_NODES

    def _clear(self, node: _Node) -> None:
        for name, _ in node.series:
            self._held -= _cost(BY_NAME[name])
            self._of_metric[name] -= 1
        node.series.clear()

    def _put(self, node: _Node, key: Key, sample: Sample, reporter: str) -> str:
        name, labels = key
        reason = _objection(name, labels, sample, reporter)
        if reason:
            return reason
        if key not in node.series:
            reason = self._bounds.labels(BY_NAME[name].labels, labels) or self._full(name)
            if reason:
                return f'{name}: {reason}'
            self._held += _cost(BY_NAME[name])
            self._of_metric[name] += 1
        node.series[key] = sample
        return ''

    def _full(self, name: str) -> str:
        if self._of_metric[name] >= self._bounds.of_metric:
            return 'more than max_series_per_metric'
        over = self._held + _cost(BY_NAME[name]) > self._bounds.series
        return 'more than max_series' if over else ''

    def forget(self, now: Now) -> None:
        """Drop nodes that nobody expects and that have long been silent."""
        for name, node in list(self._nodes.items()):
            silent = now.mono - node.heard.mono
            if name not in self._expected and silent > FORGET_AFTER * self._timeout:
                self._clear(node)
                del self._nodes[name]

    def down(self, now: Now) -> dict[str, str]:
        """Return the expected nodes that are not up, and since when they are silent."""
        return {name: self._silence(name, now) for name in self._expected
                if not self._up(name, now)}

    def _up(self, name: str, now: Now) -> bool:
        node = self._nodes.get(name)
        return node is not None and now.mono - node.heard.mono <= self._timeout

    def _silence(self, name: str, now: Now) -> str:
        node = self._nodes.get(name)
        if node is None:
            return 'never heard'
        return f'silent for {(now.mono - node.heard.mono) / SECOND:.1f} s'

    def families(self, now: Now) -> list[Family]:
        """Return everything to be served at this moment, in the order of the metric table."""
        found: dict[str, list[tuple[Labels, Sample]]] = {}
        for (name, labels), sample in self._all(now):
            found.setdefault(name, []).append((labels, sample))
        return [Family(metric, tuple(sorted(found[metric.name], key=lambda row: row[0])))
                for metric in METRICS if metric.name in found]

    def _all(self, now: Now) -> Iterator[tuple[Key, Sample]]:
        for name in {*self._expected, *self._nodes}:
            up = self._up(name, now)
            yield ('node_up', (name,)), Sample(float(up))
            if name in self._nodes:
                yield from self._of(name, self._nodes[name], up)

    def _of(self, name: str, node: _Node, up: bool) -> Iterator[tuple[Key, Sample]]:
        yield (NODE_METRICS[1], (name,)), Sample(node.heard.wall / SECOND)
        yield (NODE_METRICS[2], (name,)), Sample(node.started)
        yield from (item for item in node.series.items() if node.whole
                    and (up or BY_NAME[item[0][0]].kind is not Kind.GAUGE))


def owner(metric: Metric, labels: Labels) -> str:
    """Return the only node that may report a series."""
    if metric.source == ALL_NODES:
        return labels[metric.labels.index('node')]
    return metric.source


def _cost(metric: Metric) -> int:
    return len(metric.buckets) + 3 if metric.kind is Kind.HISTOGRAM else 1


def _objection(name: str, labels: Labels, sample: Sample, reporter: str) -> str:
    metric = BY_NAME[name]
    if name in NODE_METRICS:
        return f'{name} is told from heartbeats'
    if owner(metric, labels) != reporter:
        return f'{name} of {owner(metric, labels)!r} cannot come from {reporter}'
    if not all(map(_speakable, labels)):
        return f'{name}: a label is too long or no text'
    if not _sound(metric, sample):
        return f'{name}: {sample.value!r} cannot be the value of a {metric.kind}'
    return ''


def _speakable(label: str) -> bool:
    # Lone surrogates come out of JSON and do not go into UTF-8.
    return len(label) <= MAX_LABEL and not any('\ud800' <= c <= '\udfff' for c in label)


def _sound(metric: Metric, sample: Sample) -> bool:
    if metric.kind is Kind.GAUGE:
        return True
    if metric.kind is Kind.COUNTER:
        return math.isfinite(sample.value) and sample.value >= 0.0
    return math.isfinite(sample.value) and all(0 <= n <= MAX_COUNT for n in sample.counts)
