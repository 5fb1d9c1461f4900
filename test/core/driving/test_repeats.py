"""What is sent to a robot that shall stay as it is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.driving.limits import Limit
from flywheel_nodes.core.driving.motion import Output
from flywheel_nodes.core.driving.repeats import Repeats, REST_HZ
from test.core.driving.rig import ROBOT

TICK = 20 * MILLISECOND
SHORTEST_TIMEOUT = 100 * MILLISECOND


def output(base: float = 0.0, speeds: tuple[float, float] = (0.0, 0.0)) -> Output:
    return Output((base, 0.3), speeds, Limit.NONE, 1.0)


def test_a_robot_at_rest_hears_the_same_command_less_often() -> None:
    repeats = Repeats(axes(ROBOT))
    sent = [n for n in range(500) if repeats.due(output(), SECOND + n * TICK)]
    assert len(sent) <= 10 * REST_HZ + 1
    assert max(b - a for a, b in pairwise(sent)) * TICK < SHORTEST_TIMEOUT


@pytest.mark.parametrize('moving', [
    output(base=0.2), output(speeds=(0.0, 0.1)), output(speeds=(-0.1, 0.0))])
def test_what_moves_is_sent_with_each_tick(moving: Output) -> None:
    repeats = Repeats(axes(ROBOT))
    assert all(repeats.due(moving, SECOND + n * TICK) for n in range(50))


@given(st.lists(st.sampled_from([0.0, 0.2]), min_size=1))
def test_what_is_new_is_sent_at_once_and_silence_is_short(story: list[float]) -> None:
    repeats, last, heard = Repeats(axes(ROBOT)), None, 0
    for number, base in enumerate(story):
        due = repeats.due(output(base), SECOND + number * TICK)
        assert due or (base == last == 0.0)
        heard = number if due else heard
        assert (number - heard) * TICK < SHORTEST_TIMEOUT
        last = base
