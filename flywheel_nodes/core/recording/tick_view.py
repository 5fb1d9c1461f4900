"""A table of ticks as a person reads it: few columns, times relative to the trigger."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.tick_table import HEAD, Row, TickTable, VECTORS
from flywheel_nodes.core.text_table import Column, table
from flywheel_nodes.core.wording import count, signed

STAMP = 's'
SHORT = ('mode', 'phase', 'gate', 'operator')
ENDS = 20


@dataclass(frozen=True)
class View:
    """Which columns to show, and the wall-clock time that counts as 0."""

    columns: tuple[str, ...]
    zero_ns: int


def view(ticks: TickTable, wanted: Sequence[str], zero_ns: int) -> View:
    """
    Choose columns.

    :param wanted: names, vectors ('proposed'), or 'all'; none: a choice that fits a terminal
    :raises ConfigError: for a column that is not there
    """
    names: list[str] = []
    for word in wanted or (*SHORT, 'executed'):
        found = _columns(ticks, word)
        if not found and not (word in VECTORS and not ticks.axes):
            raise ConfigError(f'--columns: {word!r} is none of {", ".join(HEAD)}, '
                              f'{", ".join(VECTORS)} or executed/AXIS with AXIS one of '
                              f'{", ".join(ticks.axes) or "none"}')
        names += [name for name in found if name not in names]
    return View(tuple(names), zero_ns)


def _columns(ticks: TickTable, word: str) -> list[str]:
    if word == 'all':
        return list(ticks.columns)
    return [name for name in ticks.columns if name == word or name.startswith(f'{word}/')]


def lines(ticks: TickTable, chosen: View, width: int, everything: bool = False) -> list[str]:
    """
    Return the first and the last rows, or all of them, and what was left out.

    :param width: of the terminal; axes that do not fit are left out and told
    """
    shown, left = _fitting(ticks, chosen, width)
    rows = ticks.rows
    skipped = 0 if everything else max(0, len(rows) - 2 * ENDS)
    ends = rows if not skipped else (*rows[:ENDS], *rows[-ENDS:])
    columns = [Column(_title(name), right=_numeric(name), least=0) for name in (STAMP, *shown)]
    made = table(columns, [_cells(ticks, row, shown, chosen.zero_ns) for row in ends], width)
    if skipped:
        made.insert(1 + ENDS, f'... {count(skipped, "more tick")} ...')
    return [*made, *_notes(ticks, left)]


def _title(name: str) -> str:
    vector, _, axis = name.partition('/')
    return f'{vector[:4]}/{axis}' if axis else name


def _numeric(name: str) -> bool:
    return '/' in name or name == STAMP or name.endswith('_ns')


def _fitting(ticks: TickTable, chosen: View, width: int) -> tuple[list[str], list[str]]:
    """Keep as many columns as fit, axes last."""
    shown: list[str] = []
    left: list[str] = []
    room = width - 10
    for name in chosen.columns:
        room -= 2 + _widest(ticks, name)
        (shown if room >= 0 else left).append(name)
    return shown, left


def _widest(ticks: TickTable, name: str) -> int:
    if '/' in name:
        return max(8, len(_title(name)))
    return max([len(name), *{len(str(getattr(row, name))) for row in ticks.rows}])


def _cells(ticks: TickTable, row: Row, shown: Sequence[str], zero_ns: int) -> list[str]:
    return [signed((row.stamp_ns - zero_ns) / 1e9),
            *(_cell(ticks, row, name) for name in shown)]


def _cell(ticks: TickTable, row: Row, name: str) -> str:
    vector, _, axis = name.partition('/')
    if not axis:
        return str(getattr(row, name)) or '-'
    value = float(getattr(row, vector)[ticks.axes.index(axis)])
    return '-' if math.isnan(value) else f'{value:.3f}'.replace('-0.000', '0.000')


def _notes(ticks: TickTable, left: Sequence[str]) -> list[str]:
    notes = [f'{count(len(ticks.rows), "tick")}']
    if ticks.undecoded:
        notes.append(f'{count(ticks.undecoded, "message")} did not decode and '
                     f'{"is" if ticks.undecoded == 1 else "are"} left out')
    if left:
        notes.append(f'{count(len(left), "column")} had no room')
    return ['; '.join(notes)]
