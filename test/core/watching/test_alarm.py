"""Alarms have hysteresis and a cooldown."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.watching.alarm import Alarm, Change


def test_it_rises_at_the_threshold_and_ends_after_calm() -> None:
    alarm = Alarm()
    assert alarm.update(0.99, 1.0, 0, 1.0, 2.0) is None
    assert alarm.update(1.0, 1.0, 1, 1.0, 2.0) == Change(True, True)
    assert alarm.update(0.5, 1.0, SECOND // 2, 1.0, 2.0) is None
    assert alarm.update(0.9, 1.0, SECOND, 1.0, 2.0) is None, 'not calm: above 80 %'
    assert alarm.update(0.5, 1.0, 3 * SECOND // 2, 1.0, 2.0) is None
    assert alarm.update(0.5, 1.0, 2 * SECOND, 1.0, 2.0) == Change(False, True)


def test_nan_is_an_alarm() -> None:
    assert Alarm().update(float('nan'), 1.0, 0, 1.0, 2.0) == Change(True, True)


def test_within_the_cooldown_it_rises_without_telling() -> None:
    alarm = Alarm()
    alarm.update(1.0, 1.0, 0, 0.1, 2.0)
    assert alarm.update(0.0, 1.0, SECOND, 0.1, 2.0) == Change(False, True)
    assert alarm.update(1.0, 1.0, SECOND + 1, 0.1, 2.0) == Change(True, False)


@given(st.lists(st.floats(0.0, 2.0), max_size=100))
def test_raised_and_cleared_alternate(scores: list[float]) -> None:
    alarm, changes = Alarm(), []
    for i, score in enumerate(scores):
        change = alarm.update(score, 1.0, i * SECOND // 10, 0.3, 0.0)
        changes += [change.raised] if change else []
    assert changes == [i % 2 == 0 for i in range(len(changes))]
