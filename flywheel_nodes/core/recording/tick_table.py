"""One row per tick of the arbiter: who drove, what was proposed, requested and executed."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flywheel_nodes.core.control import Control, Gate, Mode
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.ticks import Tick
from flywheel_nodes.core.words import Word

HEAD = ('stamp_ns', 'mode', 'gate', 'phase', 'operator', 'intervention', 'obs_ns')
VECTORS = ('proposed', 'requested', 'executed')


@dataclass(frozen=True)
class Row:
    """
    One tick, in words.

    stamp_ns, obs_ns: wall clock of the tick and of the observation behind the proposal (0: none);
    vectors follow the table's axes in m/s, rad/s, m or rad; NaN: absent.
    """

    stamp_ns: int
    mode: str
    gate: str
    phase: str
    operator: str
    intervention: str
    obs_ns: int
    proposed: tuple[float, ...]
    requested: tuple[float, ...]
    executed: tuple[float, ...]


@dataclass(frozen=True)
class TickTable:
    """
    All ticks of a snippet in order of time.

    undecoded: how many messages of ticks, control or events do not decode, and are left out.
    """

    axes: tuple[str, ...]
    rows: tuple[Row, ...]
    undecoded: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return HEAD + tuple(f'{v}/{axis}' for v in VECTORS for axis in self.axes)

    @property
    def kinds(self) -> tuple[type, ...]:
        """The types of the columns: int, str or float."""
        head = (int if name.endswith('_ns') else str for name in HEAD)
        return (*head, *(float for _ in VECTORS for _ in self.axes))

    def cells(self) -> Iterator[tuple[str | int | float, ...]]:
        """Yield each row's values in the order of the columns."""
        for row in self.rows:
            yield (*(getattr(row, name) for name in HEAD),
                   *row.proposed, *row.requested, *row.executed)


def build(axes: Sequence[str], ticks: Sequence[Tick], control: Sequence[tuple[int, Control]],
          events: Sequence[Event], undecoded: int = 0) -> TickTable:
    """
    Join the ticks with what flywheel/control and flywheel/events said at their time.

    :param control: reports with the wall-clock stamp of the arbiter, in order
    :param events: events in order; takeover and release bound the interventions exactly
    :param undecoded: how many messages had to be left out
    """
    reports = list(control)
    stamps = [stamp for stamp, _ in reports]
    spans = _spans(events)
    rows = []
    for tick in sorted(ticks, key=lambda one: one.stamp_ns):
        index = bisect_right(stamps, tick.stamp_ns)
        report = reports[index - 1][1] if index else None
        rows.append(_row(tick, report, spans))
    return TickTable(tuple(axes), tuple(rows), undecoded)


@dataclass(frozen=True)
class _Span:
    intervention: str
    operator: str
    start_ns: int
    end_ns: int | None = None

    def holds(self, stamp_ns: int) -> bool:
        return self.start_ns <= stamp_ns and (self.end_ns is None or stamp_ns < self.end_ns)


def _spans(events: Sequence[Event]) -> list[_Span]:
    found: dict[str, _Span] = {}
    for event in events:
        key = event.values.get('intervention', '')
        if event.name is EventName.INTERVENTION_STARTED:
            found[key] = _Span(key, event.values.get('operator', ''), event.wall_ns)
        elif event.name is EventName.INTERVENTION_ENDED and key in found:
            found[key] = _Span(key, found[key].operator, found[key].start_ns, event.wall_ns)
    return sorted(found.values(), key=lambda span: span.start_ns)


def _row(tick: Tick, report: Control | None, spans: Sequence[_Span]) -> Row:
    operator, intervention = _who(tick.stamp_ns, report, spans)
    phase = word(Phase, tick.phase)
    if phase == Phase.NONE and any(tick.stamp_ns < one.start_ns for one in spans):
        phase = str(Phase.PRE_INTERVENTION)
    return Row(tick.stamp_ns, word(Mode, tick.mode), word(Gate, tick.gate), phase, operator,
               intervention, tick.obs_ns, tick.proposed, tick.requested, tick.applied)


def _who(stamp_ns: int, report: Control | None, spans: Sequence[_Span]) -> tuple[str, str]:
    for span in spans:
        if span.holds(stamp_ns):
            return span.operator, span.intervention
    known = {span.intervention for span in spans}
    if report is not None and report.intervention and report.intervention not in known:
        return report.operator, report.intervention  # its takeover lies before the snippet
    return '', ''


def word(kind: type[Word], number: int) -> str:
    """Return the word behind a code of flywheel/ticks, or the number where there is none."""
    words = list(kind)
    return str(words[number]) if 0 <= number < len(words) else str(number)
