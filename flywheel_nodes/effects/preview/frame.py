"""A rectangle of a picture in pixels from the top left corner: what panels draw into."""

from dataclasses import dataclass, replace
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from flywheel_nodes.effects.preview.theme import Theme

DPI = 100
POINT = DPI / 72


@dataclass(frozen=True)
class Frame:
    """Part of a figure; x, y, width and height in pixels."""

    figure: Figure
    theme: Theme
    x: float
    y: float
    width: float
    height: float

    def part(self, x: float, y: float, width: float, height: float) -> 'Frame':
        """Return a rectangle within this one."""
        return replace(self, x=self.x + x, y=self.y + y, width=width, height=height)

    def box(self, face: str, edge: str = 'none') -> None:
        """Fill the frame."""
        total_w, total_h = self._total
        self.figure.add_artist(Rectangle(
            (self.x / total_w, 1 - (self.y + self.height) / total_h), self.width / total_w,
            self.height / total_h, facecolor=face, edgecolor=edge, linewidth=0.8,
            zorder=-1))  # below the axes

    def text(self, x: float, y: float, words: str, size: float = 11, colour: str = '',
             align: str = 'left', bold: bool = False) -> None:
        """Write with the middle of the line at y; size in pixels."""
        total_w, total_h = self._total
        self.figure.text((self.x + x) / total_w, 1 - (self.y + y) / total_h, words,
                         fontsize=size / POINT, color=colour or self.theme.text,
                         ha=align, va='center', weight='bold' if bold else 'normal',
                         parse_math=False)

    def axes(self) -> Axes:
        """Return axes that fill the frame."""
        total_w, total_h = self._total
        made = self.figure.add_axes((self.x / total_w, 1 - (self.y + self.height) / total_h,
                                     self.width / total_w, self.height / total_h))
        made.set_facecolor('none')
        made.tick_params(colors=self.theme.faint, labelsize=9.5 / POINT, length=0, pad=3)
        made.grid(color=self.theme.grid, linewidth=0.7)
        made.set_axisbelow(True)
        for spine in made.spines.values():
            spine.set_visible(False)
        return made

    @property
    def _total(self) -> tuple[float, float]:
        width, height = self.figure.get_size_inches()
        return float(width) * DPI, float(height) * DPI


def fitting(words: str, width: float, size: float = 11) -> str:
    """Cut a line to a width in pixels."""
    if long(words, size) <= width:
        return words
    while words and long(words + '…', size) > width:
        words = words[:-1]
    return words + '…'


@lru_cache(maxsize=4096)
def long(words: str, size: float = 11) -> float:
    """Return how many pixels a line of text takes."""
    if not words:
        return 0.0
    path = TextPath((0, 0), words, size=size, prop=FontProperties())
    return float(path.get_extents().width) + 0.3 * size
