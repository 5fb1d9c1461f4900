"""What the operator sees sets the speed: the age of the newest displayed frame."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.driving.sight import Displayed, FUTURE_NS, speed_cap


@pytest.mark.parametrize(('age', 'cap'), [
    (0.0, 1.0), (0.2, 1.0), (0.25, 0.8), (0.4, 0.5), (0.5, 0.4), (0.501, 0.0), (9.0, 0.0)])
def test_the_cap_falls_with_the_age(age: float, cap: float) -> None:
    assert speed_cap(age, 0.2, 0.5) == pytest.approx(cap)


@given(st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_an_older_frame_never_allows_more(one: float, other: float) -> None:
    young, old = sorted((one, other))
    assert speed_cap(young, 0.2, 0.5) >= speed_cap(old, 0.2, 0.5)


def test_without_a_frame_there_is_no_age_and_then_there_always_is() -> None:
    sight = Displayed()
    assert sight.look(0, SECOND)
    assert sight.age(SECOND) is None
    assert sight.look(SECOND, SECOND + 100 * MILLISECOND)
    assert sight.look(0, SECOND + 300 * MILLISECOND), 'nothing new is displayed'
    assert sight.age(SECOND + 300 * MILLISECOND) == pytest.approx(0.3)


def test_an_older_echo_that_was_overtaken_changes_nothing() -> None:
    sight = Displayed()
    sight.look(2 * SECOND, 2 * SECOND)
    sight.look(SECOND, 2 * SECOND)
    assert sight.age(2 * SECOND) == 0.0


def test_a_frame_from_the_future_is_refused_and_forgotten() -> None:
    sight = Displayed()
    assert not sight.look(SECOND + FUTURE_NS + 1, SECOND)
    assert sight.age(SECOND) is None
    assert sight.look(SECOND + FUTURE_NS, SECOND)
    assert sight.age(SECOND) == 0.0, 'no age is below zero'
