"""The shipped rules tell a turn as one snippet; no rules lose a trigger silently."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.gate import Refusal
from flywheel_nodes.core.recording.rules import OnEpisode, Rule
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.triggers import Firing, Triggers
from flywheel_nodes.core.recording.windows import Window
from flywheel_nodes.effects.recording.rules_file import load
from test.core.recording.rules import DEFAULTS, event, rule

SHIPPED = load('', DEFAULTS).rules


def tell(triggers: Triggers, *story: tuple[Event, int]) -> list[Window]:
    closed = []
    for one, at_ns in story:
        closed += triggers.expire(at_ns)
        triggers.observe(one, at_ns)
    return closed


def end_s(triggers: Triggers) -> list[float]:
    return [window.end_ns / SECOND for window in triggers.open.values()]


def turn(takeover: float, release: float, i: str = 'i') -> tuple[tuple[Event, int], ...]:
    return (event(EventName.INTERVENTION_STARTED, takeover, intervention=i),
            event(EventName.INTERVENTION_ENDED, release, intervention=i))


def policy(at_s: float) -> tuple[Event, int]:
    return event(EventName.CONTROL_CHANGED, at_s, to='policy')


def shipped() -> Triggers:
    return Triggers(SHIPPED, Bounds())


def test_one_turn_is_one_snippet_even_if_the_human_needs_20_s() -> None:
    triggers = shipped()
    closed = tell(triggers, event(EventName.POLICY_ALARM, 100),
                  event(EventName.CONTROL_CHANGED, 100.1, **{'from': 'policy', 'to': 'hold'}),
                  *turn(120, 125), policy(126))
    assert not closed
    (window,) = triggers.open.values()
    assert window.trigger == 'policy_alarm'
    assert [cause.rule.name for cause in window.causes] == ['policy_alarm', 'takeover']
    assert (window.start_ns, window.end_ns) == (85 * SECOND, 130 * SECOND)
    assert (window.cut, window.priority) == (False, 100)
    assert triggers.expire(130 * SECOND - 1) == []
    assert triggers.expire(130 * SECOND) == [window]


def test_an_alarm_nobody_answers_ends_after_the_hold() -> None:
    triggers = shipped()
    tell(triggers, event(EventName.POLICY_ALARM, 100))
    assert end_s(triggers) == [130]


def test_alarms_that_go_on_while_held_make_one_snippet() -> None:
    triggers = shipped()
    closed = tell(triggers, *(event(EventName.POLICY_ALARM, at) for at in range(100, 1000, 2)))
    assert [(w.start_ns, w.end_ns) for w in closed] == [(85 * SECOND, 130 * SECOND)]
    assert triggers.refused == {('policy_alarm', Refusal.COOLDOWN): 449}


def test_an_alarm_after_a_resume_is_news() -> None:
    triggers = shipped()
    closed = tell(triggers, event(EventName.POLICY_ALARM, 100), policy(104),
                  event(EventName.POLICY_ALARM, 112))
    assert len(closed) == 1
    assert end_s(triggers) == [142]


def test_a_resume_without_a_takeover_answers_the_alarm_too() -> None:
    triggers = shipped()
    tell(triggers, event(EventName.POLICY_ALARM, 100), policy(104))
    assert end_s(triggers) == [109]


def test_the_resume_that_an_alarm_ended_is_no_answer_though_it_is_heard_later() -> None:
    triggers = shipped()
    tell(triggers, event(EventName.POLICY_ALARM, 100), policy(99))
    assert end_s(triggers) == [130]
    tell(triggers, event(EventName.POLICY_ALARM, 101))
    assert triggers.refused == {('policy_alarm', Refusal.COOLDOWN): 1}
    tell(triggers, *turn(105, 108))
    assert end_s(triggers) == [113]


def test_a_window_is_bounded_and_says_that_it_was_cut() -> None:
    triggers = shipped()
    tell(triggers, event(EventName.INTERVENTION_STARTED, 100, intervention='i'))
    (closed,) = triggers.expire(265 * SECOND)
    assert closed.end_ns == (100 - 15 + 180) * SECOND
    assert closed.cut
    (fired,) = triggers.observe(*event(EventName.SNIPPET_REQUESTED, 266))
    assert fired.opened


def test_interventions_may_overlap() -> None:
    triggers = shipped()
    tell(triggers, event(EventName.INTERVENTION_STARTED, 100, intervention='a'),
         event(EventName.NATIVE_TAKEOVER, 110),
         event(EventName.INTERVENTION_ENDED, 120, intervention='a'))
    assert end_s(triggers) == [265]
    tell(triggers, event(EventName.NATIVE_RELEASED, 130))
    assert end_s(triggers) == [135]


def test_a_takeover_fires_whatever_went_before() -> None:
    rules = (rule({'event': 'robot_fault'}, name='storm', overlap='separate', priority=99),
             *SHIPPED)
    for name in (EventName.INTERVENTION_STARTED, EventName.NATIVE_TAKEOVER):
        triggers = Triggers(rules, Bounds(most_open=2, burst=5))
        tell(triggers, *(event(EventName.ROBOT_FAULT, 10 * n) for n in range(100)))
        (fired,) = triggers.observe(*event(name, 1000))
        assert fired.opened


def test_an_event_that_comes_late_counts_as_with_the_last_one() -> None:
    triggers = shipped()
    tell(triggers, event(EventName.ESTOP_PRESSED, 100), event(EventName.SNIPPET_REQUESTED, 60))
    assert end_s(triggers) == [105]
    assert not triggers.refused


def test_conditions_and_samples_come_as_events_of_their_rule() -> None:
    when = {'topic': 'a', 'field': 'b', 'above': 1}
    triggers = Triggers((rule(when, name='field'), rule({'every': 60}, name='time'),
                         rule({'episode': 'success'}, name='episode'),
                         rule({'episode': 'success', 'share': 0.0}, name='never')), Bounds())
    fired = [one.cause.rule.name for name, values in (
        (EventName.CONDITION_MET, {'rule': 'field'}), (EventName.CONDITION_MET, {'rule': 'else'}),
        (EventName.CONDITION_ENDED, {'rule': 'field'}), (EventName.SAMPLE_DUE, {'rule': 'time'}),
        (EventName.EPISODE_STARTED, {'episode': 'e'}))
        for one in triggers.observe(*event(name, 1, **values))]
    assert fired == ['field', 'time', 'episode']


NAMES = ('policy_alarm', 'intervention_started', 'native_takeover', 'snippet_requested')
NEWS = (*NAMES, 'intervention_ended', 'native_released', 'control_changed', 'condition_ended',
        'condition_met', 'sample_due', 'episode_started', 'episode_ended')
VALUES = {'intervention_started': 'intervention', 'intervention_ended': 'intervention',
          'condition_met': 'rule', 'condition_ended': 'rule', 'sample_due': 'rule',
          'episode_started': 'episode', 'episode_ended': 'episode'}
whens = st.one_of(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(lambda names: {'event': names}),
    st.sampled_from(('edge', 'level')).map(
        lambda mode: {'topic': 'a', 'field': 'b', 'above': 0, 'mode': mode}),
    st.just({'every': 1}), st.just({'episode': 'success'}))


@st.composite
def rules(draw: Any) -> tuple[Rule, ...]:
    made = []
    for name in 'ab'[:draw(st.integers(1, 2))]:
        when, pre, post = draw(whens), draw(st.integers(0, 9)), draw(st.integers(0, 6))
        hold = draw(st.integers(0, 8))
        least = pre + max(post, hold)
        sample = 'every' in when or 'episode' in when
        made.append(rule(
            when, name, pre_roll=pre, post_roll=post, hold_open=hold,
            max_duration=max(1, least + draw(st.integers(0, 30))),
            cooldown=draw(st.integers(0, 5)), min_interval=draw(st.integers(0, 5)),
            priority=draw(st.sampled_from((0, 50, 100))),
            overlap='separate' if sample else draw(st.sampled_from(('extend', 'separate')))))
    return tuple(made)


def news(name: str, who: str, at_ns: int) -> Event:
    values = {VALUES[name]: who} if name in VALUES else {}
    if name == 'episode_ended':
        values['outcome'] = 'success' if at_ns % 2 else 'failure'
    if name == 'control_changed':
        values['to'] = 'policy'
    return Event(EventName(name), '', at_ns, values)


@given(rules(), st.lists(st.tuples(st.sampled_from(NEWS), st.integers(0, 12 * SECOND),
                                   st.sampled_from('ab')), max_size=60),
       st.integers(1, 5), st.integers(1, 20))
def test_each_trigger_has_its_pre_roll_and_post_roll_or_is_counted(
        made: tuple[Rule, ...], story: list[tuple[str, int, str]], most: int,
        burst: int) -> None:
    triggers = Triggers(made, Bounds(most, 1000.0, burst))
    now, fired, closed = 0, list[Firing](), list[Window]()
    for name, gap, who in story:
        now += gap
        closed += triggers.expire(now - 1)
        fired += triggers.observe(news(name, who, now), now)
        assert len(triggers.open) <= most
    closed += triggers.expire(10**15)
    assert not triggers.open
    taken = [one.cause for one in fired if one.refused is None]
    assert Counter(c for w in closed for c in map(id, w.causes)) == Counter(map(id, taken))
    assert sum(triggers.refused.values()) == len(fired) - len(taken)
    assert len(closed) == sum(one.opened for one in fired)
    for window in closed:
        longest = max(cause.rule.max_ns for cause in window.causes)
        assert window.end_ns - window.start_ns <= longest
        for cause in window.causes:
            assert window.start_ns <= cause.mono_ns - cause.rule.pre_ns
            if not window.discarded:
                assert cause.mono_ns + cause.rule.post_ns <= window.end_ns


@given(st.lists(st.tuples(
    st.sampled_from(('native_takeover', 'native_released', 'policy_alarm')),
    st.integers(0, 12), st.integers(0, 9)), max_size=60))
def test_no_window_ends_before_it_was_filled(story: list[tuple[str, int, int]]) -> None:
    triggers, now, filled = shipped(), 100 * SECOND, dict[int, int]()
    for name, gap_s, late_s in story:
        now += gap_s * SECOND
        closed = triggers.expire(now)
        assert all(filled.get(one.number, 0) <= one.end_ns for one in closed)
        filled = dict.fromkeys(triggers.open, now)
        triggers.observe(news(name, 'a', now), now - late_s * SECOND)


@given(rules(), st.lists(st.tuples(st.sampled_from(NEWS), st.integers(0, 12 * SECOND),
                                   st.sampled_from('ab')), max_size=60))
def test_only_windows_of_extending_rules_are_shared(
        made: tuple[Rule, ...], story: list[tuple[str, int, str]]) -> None:
    triggers, now, closed = Triggers(made, Bounds()), 0, list[Window]()
    for name, gap, who in story:
        now += gap
        closed += triggers.expire(now - 1)
        triggers.observe(news(name, who, now), now)
    for window in (*closed, *triggers.open.values()):
        if window.rule.alone:
            assert len(window.causes) == 1
        assert isinstance(window.rule.when, OnEpisode) or not window.discarded


def test_a_trigger_without_room_for_its_snippet_spends_no_interval() -> None:
    many = {'overlap': 'separate', 'priority': 100}
    rules = (rule({'event': 'estop_pressed'}, name='a', **many),
             rule({'event': 'robot_fault'}, name='b', overlap='separate', min_interval=1800))
    triggers = Triggers(rules, Bounds(most_open=2))
    for at in (10, 11):
        tell(triggers, event(EventName.ESTOP_PRESSED, at))
    (full,) = triggers.observe(*event(EventName.ROBOT_FAULT, 12))
    assert full.refused is Refusal.OPEN
    triggers.expire(100 * SECOND)
    (free,) = triggers.observe(*event(EventName.ROBOT_FAULT, 100))
    assert free.opened
    (soon,) = triggers.observe(*event(EventName.ROBOT_FAULT, 200))
    assert soon.refused is Refusal.INTERVAL


def test_a_window_whose_file_failed_takes_no_more_triggers() -> None:
    triggers = Triggers([rule()], Bounds())
    (first,) = triggers.observe(*event(EventName.ESTOP_PRESSED, 10))
    assert first.window is not None
    triggers.abandon(first.window)
    (second,) = triggers.observe(*event(EventName.ESTOP_PRESSED, 11))
    assert second.opened


def test_an_intervention_whose_end_came_first_keeps_nothing_open() -> None:
    triggers = Triggers((rule({'event': 'intervention_started'}, post_roll=5, max_duration=100),),
                        Bounds())
    triggers.observe(*event(EventName.INTERVENTION_ENDED, 10, intervention='x'))
    (fired,) = triggers.observe(*event(EventName.INTERVENTION_STARTED, 10, intervention='x'))
    assert fired.opened
    assert [window.end_ns for window in triggers.expire(15 * SECOND)] == [15 * SECOND]
    triggers.observe(*event(EventName.INTERVENTION_STARTED, 20, intervention='y'))
    assert not triggers.expire(50 * SECOND), 'one that goes on keeps its window open'
