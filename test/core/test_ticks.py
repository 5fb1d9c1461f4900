"""A tick survives its row of float64 to the nanosecond."""

from dataclasses import replace
import math

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core import ticks
from flywheel_nodes.core.ticks import Tick

AXES = ('vx', 'wz', 'elbow')


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62))
def test_stamps_keep_every_nanosecond(stamp: int, observed: int) -> None:
    tick = Tick(stamp, 1, 2, 3, 4, 5, observed, 0.5, 6, (1.0,), (2.0,), (3.0,))
    assert ticks.from_row(ticks.to_row(tick)) == tick


def test_columns_name_each_number_and_tell_the_axes() -> None:
    names = ticks.columns(AXES)
    none = ticks.absent(len(AXES))
    row = ticks.to_row(Tick(0, 0, 0, 0, 0, 0, 0, 0.0, 0, none, none, (7.0, 8.0, 9.0)))
    assert len(names) == len(row) == len(set(names))
    assert row[names.index('applied/elbow')] == 9.0
    assert ticks.axes_of(names) == AXES


def test_absent_is_not_a_number_that_could_be_driven() -> None:
    assert all(math.isnan(value) for value in ticks.absent(3))


def test_rows_of_an_older_recording_are_completed() -> None:
    tick = Tick(5, 1, 2, 3, 4, 6, 7, 0.5, 8, (1.0,), (2.0,), (3.0,), 0.25, 0.5)
    names, row = ticks.columns(('vx',)), ticks.to_row(tick)
    kept = [n for n, name in enumerate(names) if name not in ticks.LATER]
    older = ticks.complete([names[n] for n in kept], [row[n] for n in kept])
    assert ticks.from_row(older) == replace(tick, cap=1.0, frame_age=0.0)
    assert ticks.complete([*names, 'of_tomorrow'], [*row, 9.0]) == row
