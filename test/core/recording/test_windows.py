from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.recording.gate import Refusal
from flywheel_nodes.core.recording.rules import Rule
from flywheel_nodes.core.recording.storm import Bounds, Budget
from flywheel_nodes.core.recording.windows import Cause, Window, Windows
from test.core.recording.rules import event, rule

PLAIN = rule(name='plain')
ALONE = rule(name='alone', overlap='separate')
LEVEL = rule({'topic': 'a', 'field': 'b', 'above': 1, 'mode': 'level'}, name='level')
EPISODE = rule({'episode': 'success'}, name='episode', max_duration=100)


def begin(bounds: Bounds | None = None) -> Windows:
    return Windows(Budget(bounds or Bounds()))


def fire(windows: Windows, at_s: float, by: Rule = PLAIN,
         name: EventName = EventName.ESTOP_PRESSED, **values: str) -> Any:
    one, at_ns = event(name, at_s, **values)
    found = windows.trigger(Cause(one, at_ns, by))
    windows.follow(one, at_ns, not isinstance(found, Refusal))
    return found


def hear(windows: Windows, name: EventName, at_s: float, **values: str) -> None:
    one, at_ns = event(name, at_s, **values)
    windows.follow(one, at_ns, caused=False)


def spans(windows: Windows) -> list[tuple[float, float]]:
    return [(w.start_ns / SECOND, w.end_ns / SECOND) for w in windows.open.values()]


def test_a_trigger_extends_an_open_window() -> None:
    windows = begin()
    assert fire(windows, 100) == (1, True)
    assert fire(windows, 103) == (1, False)
    assert spans(windows) == [(85, 108)]
    (window,) = windows.expire(108 * SECOND)
    assert [cause.mono_ns for cause in window.causes] == [100 * SECOND, 103 * SECOND]
    assert fire(windows, 109) == (2, True)


def test_a_longer_pre_roll_gets_a_window_of_its_own() -> None:
    windows = begin()
    fire(windows, 100)
    assert fire(windows, 101, rule(name='long', pre_roll=20)) == (2, True)
    assert fire(windows, 102, rule(name='short', pre_roll=1)) == (1, False)
    assert spans(windows) == [(85, 107), (81, 106)]


def test_the_longest_duration_of_its_rules_bounds_a_window() -> None:
    windows = begin()
    fire(windows, 100, rule(name='short', max_duration=20))
    fire(windows, 101, rule(name='long', max_duration=50, post_roll=30))
    assert spans(windows) == [(85, 131)]


def test_a_separate_rule_neither_joins_nor_is_joined() -> None:
    windows = begin()
    fire(windows, 100)
    assert fire(windows, 101, ALONE) == (2, True)
    assert fire(windows, 102) == (1, False)
    assert spans(windows) == [(85, 107), (86, 106)]
    assert fire(windows, 106.5, rule(name='x', max_duration=20)) == (1, False)


def test_a_level_keeps_its_window_open_while_it_holds() -> None:
    windows = begin()
    fire(windows, 100, LEVEL, EventName.CONDITION_MET, rule='level')
    assert spans(windows) == [(85, 265)]
    hear(windows, EventName.CONDITION_ENDED, 120, rule='other')
    assert spans(windows) == [(85, 265)]
    hear(windows, EventName.CONDITION_ENDED, 130, rule='level')
    assert spans(windows) == [(85, 135)]


def episode(outcome: str) -> Window:
    windows = begin()
    fire(windows, 100, EPISODE, EventName.EPISODE_STARTED, episode='e')
    hear(windows, EventName.EPISODE_ENDED, 110, episode='other', outcome='failure')
    assert spans(windows) == [(85, 185)]
    hear(windows, EventName.EPISODE_ENDED, 140, episode='e', outcome=outcome)
    (window,) = windows.expire(145 * SECOND)
    return window


def test_an_episode_is_kept_when_its_outcome_fits() -> None:
    kept = episode('success')
    assert (kept.discarded, kept.cut, kept.end_ns) == (False, False, 145 * SECOND)
    lost = episode('failure')
    assert lost.discarded and lost.end_ns == 140 * SECOND


def test_an_episode_that_never_ends_is_discarded() -> None:
    windows = begin()
    fire(windows, 100, EPISODE, EventName.EPISODE_STARTED, episode='e')
    (window,) = windows.expire(185 * SECOND)
    assert window.discarded
    fire(windows, 200, EPISODE, EventName.EPISODE_STARTED, episode='f')
    fire(windows, 210, EPISODE, EventName.EPISODE_STARTED, episode='g')
    assert [w.discarded for w in windows.expire(210 * SECOND)] == [True]
    assert spans(windows) == [(195, 295)]


def test_another_trigger_during_a_sampled_episode_has_a_window_of_its_own() -> None:
    windows = begin()
    fire(windows, 100, EPISODE, EventName.EPISODE_STARTED, episode='e')
    assert fire(windows, 120) == (2, True)


def test_a_takeover_near_the_limit_has_a_window_of_its_own() -> None:
    windows = begin()
    for at in (100, 110, 150, 190):
        fire(windows, at, rule(name='x', post_roll=45))
    assert spans(windows) == [(85, 235)]
    assert fire(windows, 200, PLAIN, EventName.INTERVENTION_STARTED, intervention='i') == (2, True)
    assert spans(windows) == [(85, 235), (185, 365)]


def test_a_takeover_without_a_rule_keeps_the_open_windows_open() -> None:
    windows = begin()
    fire(windows, 100)
    fire(windows, 100, ALONE)
    hear(windows, EventName.INTERVENTION_STARTED, 102, intervention='i')
    assert spans(windows) == [(85, 265), (85, 105)]
    hear(windows, EventName.INTERVENTION_ENDED, 110, intervention='i')
    assert spans(windows) == [(85, 115), (85, 105)]


def test_an_end_that_is_heard_late_takes_nothing_back() -> None:
    windows = begin()
    fire(windows, 100, PLAIN, EventName.INTERVENTION_STARTED, intervention='i')
    assert not windows.expire(120 * SECOND)
    hear(windows, EventName.INTERVENTION_ENDED, 110, intervention='i')
    assert spans(windows) == [(85, 120)]


def test_a_window_that_waits_is_answered_by_a_takeover_elsewhere() -> None:
    windows = begin()
    fire(windows, 100, rule(name='waits', hold_open=30, overlap='separate'))
    assert spans(windows) == [(85, 130)]
    fire(windows, 110, PLAIN, EventName.INTERVENTION_STARTED, intervention='i')
    assert spans(windows) == [(85, 115), (95, 275)]


def test_a_resume_before_the_alarm_that_is_heard_after_it_answers_nothing() -> None:
    windows = begin()
    fire(windows, 100, rule(name='waits', hold_open=30), EventName.POLICY_ALARM)
    hear(windows, EventName.CONTROL_CHANGED, 99, to='policy')
    assert spans(windows) == [(85, 130)]
    hear(windows, EventName.CONTROL_CHANGED, 103, to='policy')
    assert spans(windows) == [(85, 108)]


def test_causes_are_bounded() -> None:
    windows = begin()
    for n in range(300):
        fire(windows, 100 + n / 100)
    (window,) = windows.open.values()
    assert (len(window.causes), window.forgotten) == (200, 100)


def test_priority_is_that_of_the_highest_cause() -> None:
    windows = begin()
    fire(windows, 100, rule(name='low', priority=3))
    fire(windows, 101, rule(name='high', priority=90))
    (window,) = windows.open.values()
    assert (window.trigger, window.priority) == ('low', 90)


def test_a_storm_is_bounded_and_a_takeover_still_finds_room() -> None:
    windows = begin(Bounds(most_open=3, burst=10))
    answers = [fire(windows, 100, ALONE) for _ in range(10)]
    assert answers == [(1, True), (2, True), *[Refusal.OPEN] * 8]
    takeover = rule(name='takeover', priority=100)
    assert fire(windows, 101, takeover, EventName.NATIVE_TAKEOVER) == (3, True)
