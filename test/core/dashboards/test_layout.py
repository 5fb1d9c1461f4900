from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.dashboards.layout import places
from flywheel_nodes.core.dashboards.model import Dashboard, Kind, Panel, Query, Row

PANEL = Panel(Kind.STAT, 'p', 'It.', (Query('up{@}', 'up'),), width=8, height=4)


def page(*rows: tuple[Panel, ...]) -> Dashboard:
    return Dashboard('u', 't', 'It.', tuple(Row('r', row) for row in rows), ())


def test_panels_flow_and_rows_begin_anew() -> None:
    wide, high = replace(PANEL, width=16), replace(PANEL, height=9)
    found = places(page((PANEL, high, wide), (PANEL,)))
    assert [(p.x, p.y, p.width, p.height) for p in found] == [
        (0, 0, 24, 1), (0, 1, 8, 4), (8, 1, 8, 9), (0, 10, 16, 4), (0, 14, 24, 1), (0, 15, 8, 4)]
    assert [p.id for p in found] == [1, 2, 3, 4, 5, 6]


SIZES = st.tuples(st.integers(1, 24), st.integers(1, 12))


@given(st.lists(st.lists(SIZES, min_size=1, max_size=6), max_size=4))
def test_nothing_overlaps_or_leaves_the_grid(rows: list[list[tuple[int, int]]]) -> None:
    found = places(page(*(tuple(replace(PANEL, width=w, height=h) for w, h in row)
                          for row in rows)))
    taken: set[tuple[int, int]] = set()
    for place in found:
        cells = {(x, y) for x in range(place.x, place.x + place.width)
                 for y in range(place.y, place.y + place.height)}
        assert place.x + place.width <= 24 and not cells & taken
        taken |= cells
