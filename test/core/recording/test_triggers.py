from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.triggers import MOST_OPEN, named, Rules, Window, Windows

TRIGGERS = (EventName.POLICY_ALARM, EventName.INTERVENTION_STARTED, EventName.NATIVE_TAKEOVER,
            EventName.ESTOP_PRESSED, EventName.SNIPPET_REQUESTED)
RULES = Rules(TRIGGERS, 15 * SECOND, 5 * SECOND, 30 * SECOND, 180 * SECOND)
NAMES = (*TRIGGERS, EventName.INTERVENTION_ENDED, EventName.NATIVE_RELEASED,
         EventName.CONTROL_CHANGED, EventName.EPISODE_ENDED)


def event(name: EventName, at_s: float, **values: str) -> tuple[Event, int]:
    mono_ns = int(at_s * SECOND)
    return Event(name, '', mono_ns, values), mono_ns


def tell(windows: Windows, *story: tuple[Event, int]) -> list[Window]:
    closed = []
    for one, at_ns in story:
        closed += windows.expire(at_ns)
        windows.observe(one, at_ns)
    return closed


def end_s(windows: Windows) -> list[float]:
    return [window.end_ns / SECOND for window in windows.open.values()]


def turn(takeover: float, release: float, i: str = 'i') -> tuple[tuple[Event, int], ...]:
    return (event(EventName.INTERVENTION_STARTED, takeover, intervention=i),
            event(EventName.INTERVENTION_ENDED, release, intervention=i))


def test_one_turn_is_one_snippet_even_if_the_human_needs_20_s() -> None:
    windows = Windows(RULES)
    closed = tell(windows, event(EventName.POLICY_ALARM, 100),
                  event(EventName.CONTROL_CHANGED, 100.1, **{'from': 'policy', 'to': 'hold'}),
                  *turn(120, 125), event(EventName.CONTROL_CHANGED, 126, to='policy'))
    assert not closed
    (window,) = windows.open.values()
    assert window.trigger == 'policy_alarm'
    assert [str(cause.event.name) for cause in window.causes] == [
        'policy_alarm', 'intervention_started']
    assert (window.start_ns, window.end_ns) == (85 * SECOND, 130 * SECOND)
    assert not window.cut
    assert windows.expire(130 * SECOND - 1) == []
    assert windows.expire(130 * SECOND) == [window]


def test_an_alarm_nobody_answers_ends_after_the_hold() -> None:
    windows = Windows(RULES)
    tell(windows, event(EventName.POLICY_ALARM, 100))
    assert end_s(windows) == [130]


def test_a_resume_without_a_takeover_answers_the_alarm_too() -> None:
    windows = Windows(RULES)
    tell(windows, event(EventName.POLICY_ALARM, 100),
         event(EventName.CONTROL_CHANGED, 104, to='policy'))
    assert end_s(windows) == [109]


def test_a_window_is_bounded_and_says_that_it_was_cut() -> None:
    windows = Windows(RULES)
    windows.observe(*event(EventName.INTERVENTION_STARTED, 100, intervention='i'))
    (closed,) = windows.expire(265 * SECOND)
    assert closed.end_ns == (100 - 15 + 180) * SECOND
    assert closed.cut
    assert windows.observe(*event(EventName.SNIPPET_REQUESTED, 266)) is not None


def test_interventions_may_overlap() -> None:
    windows = Windows(RULES)
    tell(windows, event(EventName.INTERVENTION_STARTED, 100, intervention='a'),
         event(EventName.NATIVE_TAKEOVER, 110),
         event(EventName.INTERVENTION_ENDED, 120, intervention='a'))
    assert end_s(windows) == [265]
    tell(windows, event(EventName.NATIVE_RELEASED, 130))
    assert end_s(windows) == [135]


def test_a_storm_is_bounded_and_counted() -> None:
    windows = Windows(Rules(TRIGGERS, 10, 10, 0, 25))
    for at in range(0, 100, 1):
        windows.observe(Event(EventName.SNIPPET_REQUESTED, '', at), at)
    assert len(windows.open) == MOST_OPEN
    assert windows.refused > 0


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 30), st.sampled_from('ab')),
                max_size=60), st.integers(0, 20), st.integers(0, 10), st.integers(0, 30),
       st.integers(0, 60))
def test_every_trigger_keeps_its_pre_roll_and_post_roll(
        story: list[tuple[EventName, int, str]], pre: int, post: int, hold: int,
        more: int) -> None:
    rules = Rules(TRIGGERS, pre, post, hold, pre + post + more + 1)
    windows, now, taken, closed, refused = Windows(rules), 0, [], [], 0
    for name, gap, who in story:
        now += gap
        closed += windows.expire(now - 1)
        values = {'intervention': who} if name in (
            EventName.INTERVENTION_STARTED, EventName.INTERVENTION_ENDED) else {}
        opened = windows.observe(Event(name, '', now, values), now)
        refused, before = windows.refused, refused
        assert opened is None or opened.number in windows.open
        if name in TRIGGERS and refused == before:
            taken.append(now)
        assert len(windows.open) <= MOST_OPEN
    closed += windows.expire(10**9)
    assert not windows.open
    assert sorted(c.mono_ns for w in closed for c in w.causes) == taken
    for window in closed:
        assert window.end_ns - window.start_ns <= rules.max_ns
        for cause in window.causes:
            assert window.start_ns <= cause.mono_ns - pre
            assert cause.mono_ns + post <= window.end_ns


def test_lengths_and_names_that_cannot_hold_are_refused() -> None:
    with pytest.raises(ConfigError, match='max_duration'):
        Rules(TRIGGERS, 10, 10, 0, 19)
    with pytest.raises(ConfigError, match="unknown event 'alarm'"):
        named(['alarm'])
    assert named(['policy_alarm']) == (EventName.POLICY_ALARM,)
