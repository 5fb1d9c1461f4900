"""Tables in plain text that never get wider than the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flywheel_nodes.core.wording import printable

GAP = '  '


@dataclass(frozen=True)
class Column:
    """
    One column.

    right: set to the right, as numbers are; least: the width to which it may be cut, 0: never.
    """

    title: str
    right: bool = False
    least: int = 0


def cut(text: str, width: int, mark: str = '~') -> str:
    """Return a text that takes at most that many columns; a mark says that there was more."""
    return text if len(text) <= width else (text[:max(0, width - len(mark))] + mark)[:width]


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int) -> list[str]:
    """
    Return the lines of a table, its head first.

    :param rows: cells in the order of the columns; line breaks and control characters are shown
        as blanks
    :param width: of the terminal; only columns that may be cut give way, the widest first
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    lines = [[one.title for one in columns], *cells]
    widths = _fit([max(len(line[i]) for line in lines) for i in range(len(columns))], columns,
                  width)
    return [_line(line, columns, widths)[:width].rstrip() for line in lines]


def _fit(widths: list[int], columns: Sequence[Column], width: int) -> list[int]:
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while over > 0:
        elastic = [i for i, one in enumerate(columns) if one.least and widths[i] > one.least]
        if not elastic:
            break
        widths[max(elastic, key=lambda i: widths[i])] -= 1
        over -= 1
    return widths


def _line(line: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    short = (cut(cell, width) for cell, width in zip(line, widths, strict=True))
    return GAP.join(cell.rjust(width) if one.right else cell.ljust(width)
                    for cell, one, width in zip(short, columns, widths, strict=True))
