import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.sim.course import Course

COURSE = Course()
PATHS = st.floats(0.0, COURSE.length, exclude_max=True)


def test_the_track_begins_at_the_origin_and_turns_left() -> None:
    assert COURSE.point(0.0) == pytest.approx((0.0, 0.0))
    x, y = COURSE.point(0.5)
    assert x > 0.4 and 0.0 < y < 0.1


@given(PATHS, st.floats(-2.0, 2.0))
def test_point_and_progress_are_inverse(path: float, outward: float) -> None:
    where = COURSE.point(path, outward)
    assert COURSE.gap(path, COURSE.progress(*where)) == pytest.approx(0.0, abs=1e-9)
    assert COURSE.offset(*where) == pytest.approx(outward)


@given(PATHS, st.floats(-9.0, 9.0))
def test_the_gap_goes_the_shorter_way_round(path: float, onwards: float) -> None:
    assert COURSE.gap(path, (path + onwards) % COURSE.length) == pytest.approx(onwards)


def test_the_crate_stands_outside_with_room_to_pass() -> None:
    crate = COURSE.crate
    assert COURSE.progress(crate.x, crate.y) == pytest.approx(COURSE.crate_at)
    assert COURSE.offset(crate.x, crate.y) - crate.radius - 0.3 > 0.3


@given(st.floats(0.0, math.tau))
def test_a_touching_disc_may_leave_the_crate_but_not_enter(angle: float) -> None:
    crate = COURSE.crate
    away = math.cos(angle), math.sin(angle)
    x, y = crate.x + 0.6 * away[0], crate.y + 0.6 * away[1]
    assert COURSE.blocks(x, y, -0.01 * away[0], -0.01 * away[1], 0.3)
    assert not COURSE.blocks(x, y, 0.01 * away[0], 0.01 * away[1], 0.3)


def test_the_fence_holds() -> None:
    assert COURSE.blocks(4.69, 3.0, 0.02, 0.0, 0.3)
    assert COURSE.blocks(0.0, -1.69, 0.0, -0.02, 0.3)
    assert not COURSE.blocks(4.69, 3.0, -0.02, 0.0, 0.3)
