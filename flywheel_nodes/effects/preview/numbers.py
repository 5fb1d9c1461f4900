"""Panels of numbers: one or a few large ones, bars, and tables."""

from collections.abc import Sequence
import math

from flywheel_nodes.core.dashboards.model import Colour, Panel, Query, Step
from flywheel_nodes.core.dashboards.units import Unit, written
from flywheel_nodes.effects.preview.answers import Series
from flywheel_nodes.effects.preview.frame import fitting, Frame, long

Answers = Sequence[tuple[Query, Sequence[Series]]]
LINE = 22.0


def stat(frame: Frame, panel: Panel, answers: Answers) -> None:
    """Write each value large, on the colour of its threshold; several side by side."""
    found = [(series, query) for query, many in answers for series in many if not series.empty]
    found = found[:8]
    many = len(found) > 1
    columns = min(len(found), 4 if frame.width > 400 else 2)
    rows = math.ceil(len(found) / columns)
    for index, (series, query) in enumerate(found):
        cell = frame.part(index % columns * frame.width / columns,
                          index // columns * frame.height / rows,
                          frame.width / columns, frame.height / rows)
        words, colour = worded(series.last, panel, query)
        if colour:
            cell.part(2, 2, cell.width - 4, cell.height - 4).box(colour)
        ink = on(colour) if colour else frame.theme.text
        size = min(34.0, cell.height * (0.42 if many else 0.55),
                   34 * (cell.width - 16) / max(1.0, long(words, 34)))
        named = many or '{{' in query.legend
        middle = cell.height * (0.42 if named else 0.5)
        cell.text(cell.width / 2, middle, words, size, ink, 'center', bold=True)
        if named:
            cell.text(cell.width / 2, cell.height - 12, fitting(series.name, cell.width - 8, 10),
                      10, ink, 'center')


def bars(frame: Frame, panel: Panel, answers: Answers) -> None:
    """Draw one horizontal bar a series, the longest first."""
    found = [one for _, many in answers for one in many if not one.empty]
    found = sorted(found, key=lambda one: one.last, reverse=True)[:int(frame.height / LINE)]
    label = min(frame.width * 0.4, max(long(one.name) for one in found) + 10)
    room = frame.width - label - 70
    most = panel.maximum or max(one.last for one in found) or 1.0
    for index, one in enumerate(found):
        line = frame.part(0, index * LINE, frame.width, LINE)
        line.text(label - 4, LINE / 2, fitting(one.name, label - 8), align='right')
        line.part(label, 3, room, LINE - 6).box(frame.theme.grid)
        _, colour = worded(one.last, panel, None)
        line.part(label, 3, room * min(1.0, one.last / most), LINE - 6).box(
            colour or str(Colour.PLAIN))
        line.text(label + room + 6, LINE / 2, written(one.last, panel.unit))


def table(frame: Frame, panel: Panel, answers: Answers) -> None:
    """Write a row for each set of the key's labels, the worst first."""
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    for query, many in answers:
        for one in many:
            key = tuple(one.labels.get(name, '') for name in panel.key)
            rows.setdefault(key, {})[query.legend] = one.last
    ordered = sorted(rows.items())
    for name in reversed(panel.worst_first):
        ordered.sort(key=lambda row: _rank(row[1].get(name)), reverse=True)
    fits = int(frame.height / LINE) - 1
    cut = len(ordered) > fits
    shown = ordered[:fits - 1] if cut else ordered
    columns = [*panel.key, *(query.legend for query in panel.queries)]
    edges = _columns(frame.width, panel, [key for key, _ in ordered])
    for name, (x, width) in zip(columns, edges, strict=True):
        frame.text(x, LINE / 2, fitting(name, width - 6), colour='#6E9FFF', bold=True)
    for index, (key, values) in enumerate(shown):
        line = frame.part(0, (index + 1) * LINE, frame.width, LINE)
        line.part(0, 0, frame.width, 1).box(frame.theme.grid)
        _row(line, panel, key, values, edges)
    if cut:
        frame.text(0, (len(shown) + 1) * LINE + LINE / 2, f'and {len(ordered) - len(shown)} more',
                   colour=frame.theme.faint)


def _row(line: Frame, panel: Panel, key: tuple[str, ...], values: dict[str, float],
         edges: Sequence[tuple[float, float]]) -> None:
    for word, (x, width) in zip(key, edges, strict=False):
        line.text(x, LINE / 2, fitting(word, width - 6))
    for query, (x, width) in zip(panel.queries, edges[len(key):], strict=True):
        value = values.get(query.legend, math.nan)
        words, colour = worded(value, panel, query)
        line.text(x, LINE / 2, fitting(words, width - 6), colour=colour)


def _columns(width: float, panel: Panel, keys: Sequence[tuple[str, ...]],
             ) -> list[tuple[float, float]]:
    """Give each column its left edge and width: labels as long as they are, values alike."""
    wanted = [min(220.0, max([long(name), *(long(key[at]) for key in keys)]) + 16)
              for at, name in enumerate(panel.key)]
    wanted += [max(64.0, long(query.legend) * 1.08 + 14) for query in panel.queries]
    scale = max(width / sum(wanted), 0.2)
    edges, x = [], 0.0
    for one in wanted:
        edges.append((x, one * scale))
        x += one * scale
    return edges


def _rank(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value


def worded(value: float, panel: Panel, query: Query | None) -> tuple[str, str]:
    """Return how a value is written and the colour that it has, '' for none."""
    names = (query.names if query else ()) or panel.names
    steps = (query.steps if query else ()) or panel.steps
    for name in names:
        if not math.isnan(value) and round(value) == name.value:
            return name.text, str(name.colour)
    unit = (query.unit if query else None) or panel.unit
    if unit is Unit.COUNT and value == round(value, 0) and abs(value) < 1000:
        return f'{value:g}', step_colour(value, steps)
    return written(value, unit), step_colour(value, steps)


def step_colour(value: float, steps: Sequence[Step]) -> str:
    """Return the colour of the threshold that a value has reached."""
    if not steps or math.isnan(value):
        return ''
    reached = [step.colour for step in steps[1:] if value >= step.value]
    return str(reached[-1] if reached else steps[0].colour)


def on(colour: str) -> str:
    """Return black or white, whichever can be read on a colour."""
    red, green, blue = (int(colour[at:at + 2], 16) for at in (1, 3, 5))
    return '#111217' if 0.3 * red + 0.59 * green + 0.11 * blue > 150 else '#ffffff'
