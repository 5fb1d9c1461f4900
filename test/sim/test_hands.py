"""An operator's hands steer towards the inner side of the track."""

import math

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.hands import INSIDE_M, towards
from flywheel_nodes.sim.witness import Pose

PATHS = st.floats(0.0, Course().length)


@given(PATHS, st.floats(-1.0, 1.0), st.floats(-math.pi, math.pi))
def test_shares_are_within_the_limits_and_always_ahead(
        path: float, outward: float, yaw: float) -> None:
    vx, wz = towards(Pose(*Course().point(path, outward), yaw))
    assert 0.0 < vx <= 1.0
    assert -1.0 <= wz <= 1.0


@given(PATHS, st.floats(-0.9, 0.9))
def test_driving_so_leads_to_that_side(path: float, outward: float) -> None:
    course, step = Course(), 0.05
    x, y = course.point(path, outward)
    yaw = path / course.radius
    for _ in range(200):
        vx, wz = towards(Pose(x, y, yaw))
        yaw += 1.5 * wz * step
        x, y = x + 0.8 * vx * math.cos(yaw) * step, y + 0.8 * vx * math.sin(yaw) * step
    assert abs(course.offset(x, y) + INSIDE_M) < 0.25
