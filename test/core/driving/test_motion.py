"""A new controller takes over without a jump; an axis nobody speaks for stops."""

import math

import pytest

from flywheel_nodes.core.driving.axes import Axis
from flywheel_nodes.core.driving.motion import Motion

AXES = (Axis('vx', True, -0.8, 0.8, 0.8, 1.0, 6.0, 10.0),
        Axis('elbow', False, -2.0, 2.0, 1.5, 6.0, 12.0))
DT = 0.02


def placed() -> Motion:
    motion = Motion(AXES, 2 * DT)
    motion.place([math.nan, 0.5])
    return motion


def test_joints_must_be_known_first() -> None:
    motion = Motion(AXES, 2 * DT)
    assert not motion.placed
    motion.place([math.nan, math.nan])
    assert not motion.placed
    assert placed().placed


def test_a_takeover_blends_from_where_the_robot_is() -> None:
    motion = placed()
    motion.hand_over()
    blends = [motion.drive([0.8, 1.0], DT, 0.4).blend for _ in range(30)]
    assert blends == sorted(blends)
    assert 0.0 < blends[0] < 0.01
    assert blends[-1] == 1.0
    assert motion.values == pytest.approx((0.6, 1.0), abs=0.08)
    for _ in range(30):
        motion.drive([0.8, 1.0], DT, 0.4)
    assert motion.values == pytest.approx((0.8, 1.0), abs=0.001)


def test_without_an_opinion_an_axis_stops_and_a_joint_stays() -> None:
    motion = placed()
    for _ in range(60):
        motion.drive([0.8, 0.5], DT, 0.0)
    for _ in range(10):
        output = motion.drive([None, None], DT, 0.0)
    assert output.values == pytest.approx((0.0, 0.5))


def test_hold_comes_to_rest_within_speed_over_deceleration() -> None:
    motion = placed()
    for _ in range(60):
        motion.drive([0.8, 1.9], DT, 0.0)
    steps = [motion.hold(DT) for _ in range(8)]
    assert steps[-1].values[0] == 0.0
    assert steps[-1].speeds == (0.0, 0.0)
