"""What is expected of a target comes from where it has been, and a jump is no motion."""

import pytest

from flywheel_nodes.core.driving.aim import Aim

DT = 0.02


def after(*places: float) -> Aim:
    aim = Aim(places[0])
    for place in places[1:]:
        aim = aim.then(place, DT)
    return aim


def guesses(*places: float) -> list[tuple[float, float]]:
    return list(after(*places).motions(1.5, 3.0))


def test_a_target_that_stood_still_may_have_jumped() -> None:
    assert guesses(0.0, 0.0, 0.01) == [(0.0, 0.0)]


def test_a_target_that_goes_on_has_a_speed() -> None:
    assert guesses(0.0, 0.01, 0.02)[0] == pytest.approx((0.5, 0.0))
    assert guesses(0.0, 0.01, 0.02)[-1] == (0.0, 0.0)


def test_the_smaller_of_two_changes_of_speed_counts_if_they_agree() -> None:
    steady = after(0.0, 0.01, 0.0204, 0.0312)
    assert steady.acceleration == pytest.approx(1.0)
    assert next(steady.motions(1.5, 3.0)) == pytest.approx((0.54, 1.0))
    assert after(0.0, 0.01, 0.0204, 0.0304).acceleration == 0.0, 'a corner'


def test_no_more_is_expected_than_can_be_followed() -> None:
    assert guesses(0.0, 0.1, 0.2)[0] == (1.5, 0.0)
    assert guesses(0.0, -0.1, -0.2)[0] == (-1.5, 0.0)
    assert guesses(0.0, 0.001, 0.004, 0.01)[0] == pytest.approx((0.3, 0.0)), 'too hard'
