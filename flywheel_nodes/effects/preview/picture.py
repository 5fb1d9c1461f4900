"""One dashboard as one picture, laid out as Grafana would."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from flywheel_nodes.core.dashboards.layout import Place, places
from flywheel_nodes.core.dashboards.model import Dashboard, Kind, Panel, Row
from flywheel_nodes.effects.preview.answers import Source
from flywheel_nodes.effects.preview.charts import OVER_TIME
from flywheel_nodes.effects.preview.frame import DPI, fitting, Frame
from flywheel_nodes.effects.preview.numbers import Answers, bars, stat, table
from flywheel_nodes.effects.preview.theme import DARK, LIGHT, PALETTE

CELL_W, CELL_H, GAP, HEAD = 66.0, 32.0, 4.0, 52.0
COLOURS = 256  # as many as the table of a PNG holds
RGB = np.array((0x10000, 0x100, 1), np.uint32)  # makes one number of a pixel
NUMBERS = {Kind.STAT: stat, Kind.BARS: bars, Kind.TABLE: table}


def draw(dashboard: Dashboard, source: Source, path: Path, *, dark: bool = True) -> list[str]:
    """Write the picture as PNG and return the titles of panels without any data."""
    theme = DARK if dark else LIGHT
    where = places(dashboard)
    width = 24 * CELL_W + 2 * GAP
    height = HEAD + max(p.y + p.height for p in where) * CELL_H + GAP
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=theme.page)
    FigureCanvasAgg(figure)
    page = Frame(figure, theme, 0, 0, width, height)
    page.text(14, 18, dashboard.title, 18, bold=True)
    page.text(14, 39, dashboard.text, 11, theme.faint)
    empty = [place.what.title for place in where if not _place(page, place, source)]
    save(figure, path)
    return empty


def _place(page: Frame, place: Place, source: Source) -> bool:
    frame = page.part(place.x * CELL_W + GAP, HEAD + place.y * CELL_H,
                      place.width * CELL_W - GAP, place.height * CELL_H - GAP)
    if isinstance(place.what, Row):
        frame.text(6, frame.height / 2, f'▾ {place.what.title}', 13, bold=True)
        return True
    return _panel(frame, place.what, source)


def _panel(frame: Frame, panel: Panel, source: Source) -> bool:
    frame.box(frame.theme.panel, frame.theme.edge)
    frame.text(8, 13, fitting(panel.title, frame.width - 16, 12), 12, bold=True)
    inner = frame.part(8, 27, frame.width - 16, frame.height - 33)
    answers: Answers = [(query, source.series(query, panel.kind)) for query in panel.queries]
    if all(one.empty for _, many in answers for one in many):
        why = next((query.absent for query, _ in answers if query.absent), '')
        inner.text(inner.width / 2, inner.height / 2, 'No data', 15, frame.theme.faint, 'center')
        inner.text(inner.width / 2, inner.height / 2 + 20, why, 10, frame.theme.faint, 'center')
        return False
    if panel.kind in NUMBERS:
        NUMBERS[panel.kind](inner, panel, answers)
    else:
        OVER_TIME[panel.kind](inner, panel, answers, source.period)
    return True


def save(figure: Figure, path: Path) -> None:
    """Write with a table of colours, which is a third of the size."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    table = Image.new('P', (1, 1))
    table.putpalette(_colours(pixels))
    Image.fromarray(pixels).quantize(palette=table, dither=Image.Dither.NONE).save(
        path, optimize=True)


def _colours(pixels: NDArray[np.uint8]) -> bytes:
    """Return those of series, whose thin lines are few pixels, and the most frequent others."""
    found, counts = np.unique(pixels.astype(np.uint32) @ RGB, return_counts=True)
    often = [int(one).to_bytes(3, 'big') for one in found[np.argsort(-counts)[:COLOURS]]]
    of_series = [bytes.fromhex(colour[1:]) for colour in PALETTE]
    return b''.join([*dict.fromkeys([*of_series, *often])][:COLOURS])
