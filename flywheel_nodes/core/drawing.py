"""Pieces of drawings in plain text: bars, sparklines, axes; each a row of cells over time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

NANO = 1e9
_STEPS = tuple(mantissa * 10**power for power in range(-3, 7) for mantissa in (1, 2, 5))


class Span(NamedTuple):
    """A piece of a line and its style: '' or a key of STYLES."""

    text: str
    style: str = ''


Line = tuple[Span, ...]

STYLES = {'policy': '32', 'hold': '33', 'human': '36', 'stopped': '31', 'bad': '31',
          'mark': '35', 'bold': '1', 'dim': '2'}


@dataclass(frozen=True)
class Glyphs:
    """The characters to draw with; levels: from nothing to most."""

    levels: str
    modes: dict[str, str]
    mark: str
    event: str
    fill: str
    more: str


BLOCKS = Glyphs(' ▁▂▃▄▅▆▇', {'policy': '░', 'hold': '▒', 'human': '█', 'stopped': 'x'}, '▲',
                '•', '·', '…')
ASCII = Glyphs(' .:-=+*#@', {'policy': '.', 'hold': '-', 'human': '#', 'stopped': 'x'}, '^',
               '*', '.', '~')


@dataclass(frozen=True)
class Scale:
    """A stretch of time spread over columns; times in ns of any one clock."""

    start_ns: int
    end_ns: int
    width: int

    def column(self, at_ns: float) -> int:
        """Return the column of a time; what lies outside is at an end."""
        part = (at_ns - self.start_ns) / max(1, self.end_ns - self.start_ns)
        return min(self.width - 1, max(0, int(part * self.width)))

    def middle(self, column: int) -> float:
        """Return the time in the middle of a column."""
        return self.start_ns + (column + 0.5) * (self.end_ns - self.start_ns) / self.width


def plain(line: Line) -> str:
    """Return a line without its styles."""
    return ''.join(span.text for span in line)


def coloured(line: Line) -> str:
    """Return a line with the colours of a terminal."""
    return ''.join(f'\x1b[{STYLES[style]}m{text}\x1b[0m' if style and text.strip() else text
                   for text, style in line)


def runs(cells: Iterable[tuple[str, str]]) -> Line:
    """Return cells of (character, style) as a line of few spans."""
    found: list[Span] = []
    for character, style in cells:
        if found and found[-1].style == style:
            found[-1] = Span(found[-1].text + character, style)
        else:
            found.append(Span(character, style))
    return tuple(found)


def rates(times: Sequence[int], scale: Scale) -> list[float]:
    """
    Return how many messages fell to each column.

    Each message's share is spread over the time since the one before, so that a slow but even
    topic is even and only a real silence shows as one.

    :param times: in ns, ascending
    """
    bins = [0.0] * scale.width
    if len(times) == 1:
        bins[scale.column(times[0])] = 1.0
    for before, at in pairwise(_continued(times, scale)):
        _spread(bins, before, at, scale)
    return bins


def _continued(times: Sequence[int], scale: Scale) -> list[int]:
    """Add the message that came before the start, and the one after the end, if it goes on."""
    if len(times) < 2:
        return []
    before, after = 2 * times[0] - times[1], 2 * times[-1] - times[-2]
    return [*([before] if before < scale.start_ns else []), *times,
            *([after] if after > scale.end_ns else [])]


def _spread(bins: list[float], before: int, at: int, scale: Scale) -> None:
    first, last = scale.column(before), scale.column(at)
    if first == last and before >= scale.start_ns and at <= scale.end_ns:
        bins[last] += 1.0
        return
    each = max(1, scale.end_ns - scale.start_ns) / scale.width
    for column in range(first, last + 1):
        left = max(before, scale.start_ns + column * each)
        right = min(at, scale.start_ns + (column + 1) * each)
        bins[column] += max(0.0, right - left) / max(1, at - before)


def sparkline(values: Sequence[float], levels: str) -> str:
    """Return one character per value, relative to the greatest; only nothing is blank."""
    most = max(values, default=0.0)
    top = len(levels) - 1
    return ''.join(levels[0] if value <= most * 0.02 else
                   levels[max(1, min(top, round(value / most * top)))] for value in values)


def named(stretches: Iterable[tuple[str, int, int]], scale: Scale, fill: str) -> str:
    """
    Return a row with each stretch's name written where it lies, as far as there is room.

    :param stretches: name, start and end in ns; ascending
    """
    cells = [' '] * scale.width
    for name, start, end in stretches:
        first = scale.column(start)
        last = max(first + 1, scale.column(end))
        room = last - first
        text = name if len(name) < room else name[:max(1, room - 1)] + ' '
        cells[first:last] = text[:room].ljust(room, fill)
    return ''.join(cells)[:scale.width]


def axis(scale: Scale, zero_ns: int) -> str:
    """Return a row of times in s relative to a moment, as many as have room."""
    length = (scale.end_ns - scale.start_ns) / NANO
    step = next((s for s in _STEPS if length / s * 7 <= scale.width), length or 1.0)
    digits = 0 if step >= 1 else 3 if step < 0.01 else 2 if step < 0.1 else 1
    cells = [' '] * scale.width
    low = (scale.start_ns - zero_ns) / NANO
    for number in range(int(low / step) - 1, int((low + length) / step) + 2):
        at_ns = zero_ns + number * step * NANO
        if scale.start_ns <= at_ns <= scale.end_ns:
            _write(cells, scale.column(at_ns), f'|{number * step:+.{digits}f}' if number
                   else '|0 s')
    return ''.join(cells).rstrip()


def _write(cells: list[str], at: int, text: str) -> None:
    if at + len(text) <= len(cells) and not ''.join(cells[max(0, at - 1):at + len(text)]).strip():
        cells[at:at + len(text)] = text
