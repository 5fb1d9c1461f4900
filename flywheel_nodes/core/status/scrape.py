"""One answer of an exporter, to be looked up by the names of the metric table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flywheel_nodes.core.metric import PREFIX

Labels = frozenset[tuple[str, str]]
Rows = Mapping[Labels, float]
NO_ROWS: Rows = {}


@dataclass(frozen=True)
class Scrape:
    """
    All series at a moment.

    wall_s: the robot's clock, in s since 1970; series: by name, without prefix, and labels;
    down: why which nodes are missed, None when /readyz did not tell.
    """

    wall_s: float
    series: Mapping[str, Rows] = field(default_factory=dict)
    down: Mapping[str, str] | None = None

    def rows(self, name: str) -> Rows:
        """Return all series of a metric, none when it is absent."""
        return self.series.get(name, NO_ROWS)

    def value(self, name: str, **labels: str) -> float | None:
        """Return one series, None when it is absent."""
        return self.rows(name).get(frozenset(labels.items()))

    def by(self, name: str, label: str) -> dict[str, float]:
        """Return the series of a metric by one label; several of one value are summed."""
        found: dict[str, float] = {}
        for labels, value in self.rows(name).items():
            key = dict(labels).get(label, '')
            found[key] = found.get(key, 0.0) + value
        return dict(sorted(found.items()))

    def only(self, name: str) -> dict[str, str]:
        """Return the labels of the one series of an info metric, nothing when it is absent."""
        return dict(next(iter(self.rows(name)), frozenset()))

    @property
    def ready(self) -> bool:
        """Whether every expected node is heard."""
        if self.down is not None:
            return not self.down
        up = self.rows('node_up')
        return bool(up) and all(value == 1.0 for value in up.values())


def scrape(wall_s: float, samples: Iterable[tuple[str, Mapping[str, str], float]],
           down: Mapping[str, str] | None = None) -> Scrape:
    """Index samples of (full name, labels, value); those of others are left out."""
    series: dict[str, dict[Labels, float]] = {}
    for name, labels, value in samples:
        if name.startswith(PREFIX):
            rows = series.setdefault(name.removeprefix(PREFIX), {})
            rows[frozenset(labels.items())] = value
    return Scrape(wall_s, series, down)
