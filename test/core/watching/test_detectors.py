"""Each detector sees its fault and stays quiet on a healthy policy."""

import math

import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.driving.chunks import Chunk, Proposal
from flywheel_nodes.core.watching.detectors import Cadence, Frozen, Progress, Seam, Tracking

H, DT = 16, SECOND // 10


def wave(stamp: int, shift: float = 0.0) -> Proposal:
    values = tuple((math.sin((stamp + i * DT) / SECOND) + shift,) for i in range(H))
    return Proposal(Chunk(stamp, tuple(i * DT for i in range(H)), values), stamp, 0)


def test_chunks_of_one_plan_meet_without_a_step() -> None:
    seam = Seam()
    assert seam.observe(wave(0)) is None
    assert seam.observe(wave(DT)) == pytest.approx(0.0, abs=1e-9)
    assert seam.observe(wave(2 * DT, 0.5)) == pytest.approx(0.5)


def test_chunks_that_do_not_overlap_have_no_seam() -> None:
    seam = Seam()
    seam.observe(wave(0))
    assert seam.observe(wave(10 * SECOND)) is None


def test_gap_and_rate() -> None:
    cadence = Cadence()
    assert cadence.gap(0) == math.inf
    for i in range(20):
        cadence.observe(i * DT * 3)
    assert cadence.gap(19 * DT * 3 + SECOND) == pytest.approx(1.0)
    assert cadence.slowness(10.0) == pytest.approx(3.0)


def test_identical_chunks_are_frozen_only_when_they_ask_for_motion() -> None:
    frozen = Frozen()
    for _ in range(5):
        frozen.observe(((1.0,),), moves=True)
    assert frozen.count == 4
    frozen.observe(((1.0,),), moves=False)
    assert frozen.count == 0


def test_progress_is_base_or_joints_within_the_window() -> None:
    progress = Progress(2.0)
    for i in range(30):
        progress.observe(i * DT, (0.0, 0.0), (0.1 * (i % 2),))
    assert progress.travel() == pytest.approx((0.0, 0.1))
    progress.reset()
    assert progress.travel() is None
    for i in range(30):
        progress.observe(i * DT, (i * 0.05, 0.0), (0.0,))
    base, joints = progress.travel() or (0.0, 0.0)
    assert base == pytest.approx(1.0)
    assert joints == 0.0


def test_driving_in_a_circle_is_progress_too() -> None:
    progress = Progress(2.0)
    for i in range(60):
        angle = i / 20 * 2 * math.pi
        progress.observe(i * DT, (math.cos(angle), math.sin(angle)), ())
    base, _ = progress.travel() or (0.0, 0.0)
    assert base > 1.5


def test_tracking_averages_and_ignores_what_is_not_known() -> None:
    tracking = Tracking(0.5)
    for i in range(10):
        tracking.observe(i * DT, [0.5], [0.1])
        tracking.observe(i * DT, [math.nan], [0.1])
    assert tracking.error(9 * DT) == pytest.approx(0.4)
    tracking.reset()
    assert tracking.error(9 * DT) == 0.0


def test_who_sets_off_lags_behind_for_a_moment_and_is_not_blamed_for_it() -> None:
    tracking = Tracking(0.6)
    lag = [0.0, 0.35, 0.35, 0.3, 0.25, 0.1, 0.05, 0.0]
    errors = []
    for i, error in enumerate(lag):
        tracking.observe(i * DT // 2, [error], [0.0])
        errors.append(tracking.error(i * DT // 2))
    assert max(errors) < 0.15
    tracking.reset()
    for i in range(4):
        tracking.observe(i * DT, [0.5], [0.0])
    assert tracking.error(3 * DT) == pytest.approx(0.25), 'who is blocked is found at half of it'


def test_chunks_after_a_pause_are_not_slow_because_of_it() -> None:
    cadence = Cadence()
    for i in range(10):
        cadence.observe(i * DT, pause=0.6)
    assert cadence.slowness(10.0) == pytest.approx(1.0)
    for i in range(10):
        cadence.observe(100 * SECOND + i * DT, pause=0.6)
        assert cadence.slowness(10.0) in (0.0, pytest.approx(1.0))
