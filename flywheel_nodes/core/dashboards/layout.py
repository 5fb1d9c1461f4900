"""Where each panel of a dashboard lies in Grafana's grid."""

from collections.abc import Iterator
from dataclasses import dataclass

from flywheel_nodes.core.dashboards.model import COLUMNS, Dashboard, Panel, Row


@dataclass(frozen=True)
class Place:
    """A rectangle in the grid and who is there; a row's title is as wide as the grid."""

    id: int
    what: Panel | Row
    x: int
    y: int
    width: int
    height: int


def places(dashboard: Dashboard) -> list[Place]:
    """Let the panels of each row flow from left to right, and on where the next is too wide."""
    found: list[Place] = []
    y = 0
    for row in dashboard.rows:
        found.append(Place(len(found) + 1, row, 0, y, COLUMNS, 1))
        y += 1
        for line in _lines(row.panels):
            x = 0
            for panel in line:
                found.append(Place(len(found) + 1, panel, x, y, panel.width, panel.height))
                x += panel.width
            y += max(panel.height for panel in line)
    return found


def _lines(panels: tuple[Panel, ...]) -> Iterator[list[Panel]]:
    line: list[Panel] = []
    for panel in panels:
        if sum(p.width for p in line) + panel.width > COLUMNS:
            yield line
            line = []
        line.append(panel)
    if line:
        yield line
