"""Panels over time: lines, columns and areas, states, and heat maps."""

from collections.abc import Sequence
from datetime import datetime, timezone
import math
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
import numpy as np
from numpy.typing import NDArray

from flywheel_nodes.core.dashboards.model import Colour, Kind, Panel, Query
from flywheel_nodes.core.dashboards.units import scale, Unit, written
from flywheel_nodes.effects.preview.answers import Period, Series
from flywheel_nodes.effects.preview.frame import fitting, Frame, long
from flywheel_nodes.effects.preview.numbers import Answers, on, worded
from flywheel_nodes.effects.preview.theme import free

LEFT, BOTTOM, LEGEND, ROWS = 52.0, 18.0, 18.0, 3
Floats: TypeAlias = NDArray[np.float64]


def lines(frame: Frame, panel: Panel, answers: Answers, period: Period) -> None:
    """Draw lines, areas or columns with their limits and a legend."""
    shown = [(query, one) for query, many in answers for one in many if not one.empty]
    rows = _legend_rows(frame, [one.name for _, one in shown])
    axes = frame.part(LEFT, 4, frame.width - LEFT - 6,
                      frame.height - BOTTOM - min(ROWS, len(rows)) * LEGEND - 6).axes()
    colours = _colours(panel, shown)
    grid = np.arange(period.start, period.end + period.step / 2, period.step)
    below = np.zeros(len(grid))
    for (query, one), ink in zip(shown, colours, strict=True):
        values = _on(grid, one, period.step)
        if query.limit:
            axes.plot(grid, values, color=ink, linewidth=1.2, linestyle=(0, (5, 4)))
        elif panel.stacked or panel.columns:
            below = _pile(axes, grid, values, below, ink, panel, period.step)
        else:
            axes.plot(grid, values, color=ink, linewidth=1.3)
    _limits(axes, panel, period)
    _legend(frame, [(one.name, ink) for (_, one), ink in zip(shown, colours, strict=True)], rows)


def _pile(axes: Axes, grid: Floats,
          values: Floats,
          below: Floats, ink: str, panel: Panel,
          step: float) -> Floats:
    """Draw one series on top of those before it, and return the new top."""
    known = np.nan_to_num(values)
    base = below if panel.stacked else np.zeros(len(grid))
    if panel.columns:
        drawn = known != 0
        axes.bar(grid[drawn], known[drawn], step * 1.01, base[drawn], color=ink, linewidth=0)
    else:
        axes.fill_between(grid, base, base + known, color=ink, alpha=0.55, linewidth=0)
        axes.plot(grid, np.where(known == 0, np.nan, base + known), color=ink, linewidth=1)
    return base + known


def states(frame: Frame, panel: Panel, answers: Answers, period: Period) -> None:
    """Draw one band a series, coloured and named by its value."""
    found = [(query, one) for query, many in answers for one in many if not one.empty]
    height = frame.height - BOTTOM - 4
    fits = max(1, int(height / 13))
    if len(found) > fits:
        frame.text(6, frame.height - 8, f'… {len(found) - fits} more', 10, frame.theme.faint)
    found = found[:fits]
    label = min(frame.width * 0.3, max(long(one.name, 10) for _, one in found) + 12)
    axes = frame.part(label, 2, frame.width - label - 6, height).axes()
    band = height / len(found)
    for row, (query, one) in enumerate(found):
        frame.text(label - 6, 2 + (row + 0.5) * band, fitting(one.name, label - 8, 10), 10,
                   align='right')
        for start, end, value in _runs(one, period):
            words, own = worded(value, panel, query)
            ink = own or str(Colour.PLAIN)
            axes.barh(row, end - start, 0.82 if band > 16 else 0.7, start, color=ink)
            wide = (end - start) / (period.end - period.start) * (frame.width - label)
            if band > 12 and wide > long(words, 10) + 6:
                axes.text((start + end) / 2, row, words, ha='center', va='center',
                          fontsize=7, color=on(ink))
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(visible=False)
    _time(axes, period)


def heatmap(frame: Frame, panel: Panel, answers: Answers, period: Period) -> None:
    """Draw the counts of each bucket over time, the more the brighter."""
    found = sorted((one for _, many in answers for one in many),
                   key=lambda one: float(one.labels['le']))
    axes = frame.part(LEFT, 4, frame.width - LEFT - 6, frame.height - BOTTOM - 8).axes()
    grid = np.arange(period.start, period.end + period.step / 2, period.step)
    totals = np.nan_to_num(np.array([_on(grid, one, period.step) for one in found]))
    counts = np.diff(totals, axis=0, prepend=0.0)
    axes.imshow(np.ma.masked_less_equal(counts, 0.0) ** 0.5, aspect='auto', origin='lower',
                cmap='inferno', interpolation='nearest',
                extent=(period.start, period.end, -0.5, len(found) - 0.5))
    names = [written(float(one.labels['le']), panel.unit) for one in found]
    axes.set_yticks(range(len(found)), names)
    axes.grid(visible=False)
    _time(axes, period)


def _colours(panel: Panel, shown: Sequence[tuple[Query, Series]]) -> list[str]:
    """Return the colour of each series: its own, a limit's, or one that nothing else has."""
    given = {name: str(one) for name, one in panel.colours}
    limits = [str(Colour.ALARM)] if any(query.limit for query, _ in shown) else []
    left = free(len(shown), [*given.values(), *limits, *(str(s.colour) for s in panel.steps[1:])])
    return [str(Colour.ALARM) if query.limit else given.get(one.name) or next(left)
            for query, one in shown]


def _limits(axes: Axes, panel: Panel, period: Period) -> None:
    """Set the scales; thresholds are dashed lines, and only where they are in sight."""
    low, high = axes.get_ylim()
    low = panel.minimum if panel.minimum is not None else low
    high = panel.maximum if panel.maximum is not None else high
    high = max(high, low + (1e-3 if panel.unit is Unit.SECONDS else 0.01)) \
        if panel.unit is not Unit.COUNT else max(high, low + 1)
    axes.set_ylim(low, high if panel.maximum is not None else high + 0.06 * (high - low))
    for step in panel.steps[1:]:
        if low <= step.value <= axes.get_ylim()[1]:
            axes.axhline(step.value, color=str(step.colour), linewidth=1, linestyle=(0, (4, 4)))
    _values(axes, panel.unit)
    _time(axes, period)


def _values(axes: Axes, unit: Unit) -> None:
    """Write round values beside the axis, with as many digits as tell them apart."""
    low, high = axes.get_ylim()
    size = scale(max(abs(low), abs(high)), unit)
    ticks = [tick * size for tick in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(
        low / size, high / size) if low <= tick * size <= high]
    names: list[str] = []
    for digits in range(2, 7):
        names = [written(round(tick, 12), unit, digits) for tick in ticks]
        if len(set(names)) == len(names):
            break
    axes.set_yticks(ticks, names)


def _time(axes: Axes, period: Period) -> None:
    axes.set_xlim(period.start, period.end)
    span = period.end - period.start
    step = next((s for s in (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 86400)
                 if span / s <= 6), 86400 * math.ceil(span / 86400 / 6))
    # None at the very left: the lowest value is written there.
    ticks = np.arange(math.ceil((period.start + span / 25) / step) * step, period.end, step)
    form = '%H:%M:%S' if step < 60 else '%H:%M' if span <= 86400 * 1.5 else '%m-%d'
    axes.set_xticks(ticks, [datetime.fromtimestamp(t, timezone.utc).strftime(form)
                            for t in ticks])


def _on(grid: Floats, one: Series,
        step: float) -> Floats:
    """Return a series' values at the times of a grid, nan where it has none."""
    values = np.full(len(grid), np.nan)
    for at, value in one.points:
        index = round((at - grid[0]) / step)
        if 0 <= index < len(grid):
            values[index] = value if math.isfinite(value) else np.nan
    return values


def _runs(one: Series, period: Period) -> list[tuple[float, float, float]]:
    """Return stretches of one value: start, end, value; a gap ends a stretch."""
    runs: list[tuple[float, float, float]] = []
    for at, value in one.points:
        end = at + period.step
        if runs and runs[-1][2] == value and at <= runs[-1][1] + period.step / 2:
            runs[-1] = (runs[-1][0], end, value)
        elif not math.isnan(value):
            runs.append((at, end, value))
    return [(start, min(end, period.end), value) for start, end, value in runs]


def _legend_rows(frame: Frame, names: Sequence[str]) -> list[list[str]]:
    """Break the names of series into lines."""
    rows: list[list[str]] = [[]]
    x = 0.0
    for name in names:
        width = long(_short(frame, name), 10) + 28
        if rows[-1] and x + width > frame.width - 16:
            rows.append([])
            x = 0.0
        rows[-1].append(name)
        x += width
    return rows


def _legend(frame: Frame, names: Sequence[tuple[str, str]], rows: list[list[str]]) -> None:
    inks = iter([ink for _, ink in names])
    shown = rows[:ROWS]
    left = len(names) - sum(len(row) for row in shown)
    for number, row in enumerate(shown):
        x, y = 8.0, frame.height - (len(shown) - number - 0.5) * LEGEND
        for name in row[:-1] if left and number == ROWS - 1 and len(row) > 1 else row:
            words = _short(frame, name)
            frame.part(x, y - 1.5, 12, 3).box(next(inks))
            frame.text(x + 16, y, words, 10)
            x += long(words, 10) + 28
        if left and number == ROWS - 1:
            frame.text(x, y, f'… {left + (len(row) > 1)} more', 10, frame.theme.faint)


def _short(frame: Frame, name: str) -> str:
    return fitting(name, frame.width - 44, 10)


OVER_TIME = {Kind.LINES: lines, Kind.STATES: states, Kind.HEATMAP: heatmap}
