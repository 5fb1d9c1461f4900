"""What a dashboard is made of: rows of panels, their queries, units and thresholds."""

from dataclasses import dataclass, field
import re

from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.words import Word

COLUMNS = 24
TARGET = 'robot=~"$robot",site=~"$site"'
LETTERS = 'ABCDEFGHIJKLMNOP'  # Grafana's names of the queries of a panel


class Kind(Word):
    """How a panel draws; the value is Grafana's name of the panel."""

    STAT = 'stat'
    LINES = 'timeseries'
    TABLE = 'table'
    BARS = 'bargauge'
    STATES = 'state-timeline'
    HEATMAP = 'heatmap'

    @property
    def instant(self) -> bool:
        """Whether it shows the newest values only, not those over time."""
        return self in (Kind.STAT, Kind.TABLE, Kind.BARS)


class Colour(Word):
    """Colours by their meaning, so that a red is always the same red."""

    GOOD = '#56A64B'
    WATCH = '#F2CC0C'
    BAD = '#FF780A'
    ALARM = '#E02F44'
    POLICY = '#56A64B'
    HUMAN = '#3274D9'
    HOLD = '#F2CC0C'
    STOPPED = '#E02F44'
    PLAIN = '#8E8E8E'


@dataclass(frozen=True)
class Step:
    """From this value on, the colour holds."""

    value: float
    colour: Colour


@dataclass(frozen=True)
class Named:
    """A value that stands for a word, such as 2 for hold."""

    value: int
    text: str
    colour: Colour


@dataclass(frozen=True)
class Query:
    """
    One PromQL expression and what its series are called.

    In `expr`, @ within braces stands for the matchers of the robots and sites that were chosen.
    In a table, the legend is the heading of a column and `unit`, `steps`, `names` are that
    column's. A query of a limit is drawn as a dashed line. `absent` says why there may be no data
    although all is well; without it, an empty answer is a fault of the dashboard.
    """

    expr: str
    legend: str
    unit: Unit | None = None
    steps: tuple[Step, ...] = ()
    names: tuple[Named, ...] = ()
    limit: bool = False
    absent: str = ''

    @property
    def promql(self) -> str:
        """The expression as Grafana gets it, with its variables."""
        text = re.sub(r'\{@(,?)', lambda m: f'{{{TARGET}{m[1]}', self.expr)
        return ' '.join(text.split())


@dataclass(frozen=True)
class Panel:
    """
    One picture of a dashboard.

    `text` says what it shows and what to do when it looks bad. Width and height are in cells of
    Grafana's grid of 24 columns. `key` names the columns of a table that come from labels,
    `worst_first` those it is sorted by, the largest first.
    """

    kind: Kind
    title: str
    text: str
    queries: tuple[Query, ...]
    unit: Unit = Unit.COUNT
    width: int = 8
    height: int = 8
    steps: tuple[Step, ...] = ()
    names: tuple[Named, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    stacked: bool = False
    columns: bool = False
    colours: tuple[tuple[str, Colour], ...] = ()
    key: tuple[str, ...] = ()
    worst_first: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse queries that would get no letter; raises ValueError."""
        if not 0 < len(self.queries) <= len(LETTERS):
            raise ValueError(f'{self.title}: {len(self.queries)} queries; '
                             f'a panel has 1 to {len(LETTERS)}')

    @property
    def lettered(self) -> tuple[tuple[str, Query], ...]:
        """Each query with its letter."""
        return tuple(zip(LETTERS, self.queries, strict=False))


@dataclass(frozen=True)
class Row:
    """A section: a title and panels that flow from left to right."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard: the values of a label of a series."""

    name: str
    label: str
    series: str
    text: str


@dataclass(frozen=True)
class Annotation:
    """Something that happened, drawn as a mark on all panels while its expression has a value."""

    name: str
    expr: str
    title: str
    colour: Colour

    @property
    def promql(self) -> str:
        """The expression as Grafana gets it, with its variables."""
        return Query(self.expr, self.name).promql


@dataclass(frozen=True)
class Dashboard:
    """A page of panels; `period` is how far back it looks at first."""

    uid: str
    title: str
    text: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...]
    annotations: tuple[Annotation, ...] = ()
    period: str = '1h'
    refresh: str = '10s'
    tags: tuple[str, ...] = field(default=('flywheel',))

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in reading order."""
        return tuple(panel for row in self.rows for panel in row.panels)
