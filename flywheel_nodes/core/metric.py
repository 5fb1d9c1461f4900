"""What a metric is: its name, type, unit, labels, what it means and who tells it."""

from dataclasses import dataclass

from flywheel_nodes.core.words import Word

PREFIX = 'flywheel_'
ALL_NODES = 'all nodes'
UNITS = ('seconds', 'bytes', 'ratio', 'celsius', 'volts', 'hertz')


class Kind(Word):
    """The Prometheus type of a metric."""

    COUNTER = 'counter'
    GAUGE = 'gauge'
    HISTOGRAM = 'histogram'


@dataclass(frozen=True)
class Metric:
    """
    One metric: its name without prefix, what it means, and which process is its source.

    A series has one owner: the source, or for ALL_NODES the node in its `node` label. closed: all
    values of the only label of a counter, where there are no others: it starts with them at 0,
    because increase() does not see a series that begins with its first event.
    """

    name: str
    kind: Kind
    help: str
    source: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The base unit, which Prometheus wants as the end of the name; '' for a plain number."""
        last = self.name.removesuffix('_total').rsplit('_', 1)[-1]
        return last if last in UNITS else ''


C, G, H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

# Upper edges of buckets: of delays, of late loops, of what takes a while, of steps between chunks.
FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
WIRE = (0.001, 0.005, 0.02, 0.1, 0.5)  # of each topic: a bucket is a series for each of them
LATE = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
SLOW = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0)
SEAM = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
