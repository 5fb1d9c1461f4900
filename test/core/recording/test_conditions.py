import math
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.conditions import Conditions
from flywheel_nodes.core.recording.gate import Refusal
from test.core.recording.rules import event, rule

LOW: dict[str, Any] = {'topic': 'battery', 'field': 'charge', 'below': 0.2, 'check_rate': 1000}


def watch(when: dict[str, Any] | None = None, **more: Any) -> Conditions:
    return Conditions([rule({**LOW, **(when or {})}, **{'cooldown': 0, **more})])


def feed(conditions: Conditions, *values: float, step_s: float = 1.0,
         first_s: float = 0.0) -> list[tuple[float, str]]:
    """Feed one message each step; return when an event came, and which."""
    found = []
    for n, value in enumerate(values):
        at = first_s + n * step_s
        for one in conditions.observe('battery', SimpleNamespace(charge=value),
                                      round(at * SECOND)):
            assert isinstance(one, Event)
            found.append((at, str(one.name)))
    return found


def test_an_edge_fires_once_until_it_was_over() -> None:
    assert feed(watch(), 0.5, 0.1, 0.1, 0.5, 0.1) == [
        (1, 'condition_met'), (4, 'condition_met')]


def test_what_holds_from_the_start_fires() -> None:
    assert feed(watch(), 0.1) == [(0, 'condition_met')]


def test_a_level_says_when_it_ends() -> None:
    assert feed(watch({'mode': 'level'}), 0.1, 0.1, 0.5, 0.5) == [
        (0, 'condition_met'), (2, 'condition_ended')]


def test_it_must_hold_for_a_while() -> None:
    assert feed(watch({'for': 2}), 0.1, 0.1, 0.5, 0.1, 0.1, 0.1, 0.1) == [(5, 'condition_met')]


def test_absent_values_neither_fire_nor_end_nor_let_time_pass() -> None:
    nan = math.nan
    assert feed(watch(), nan, nan) == []
    assert feed(watch(), 0.1, nan, 0.1) == [(0, 'condition_met')]
    assert feed(watch({'mode': 'level'}), 0.1, nan, 0.5) == [
        (0, 'condition_met'), (2, 'condition_ended')]
    assert feed(watch({'for': 2}), 0.1, nan, 0.1, 0.1, 0.1) == [(4, 'condition_met')]


def test_the_cooldown_counts_from_the_end_of_the_condition() -> None:
    conditions = watch(cooldown=3)
    assert feed(conditions, 0.1, 0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.5, 0.5, 0.1) == [
        (0, 'condition_met'), (9, 'condition_met')]
    assert conditions.refused == {('one', Refusal.COOLDOWN): 1}
    conditions = watch(cooldown=3, rearm={'event': 'control_changed'})
    assert feed(conditions, 0.1, 0.5) == [(0, 'condition_met')]
    conditions.rearm(*event(EventName.CONTROL_CHANGED, 2))
    assert feed(conditions, 0.1, first_s=2) == [(2, 'condition_met')]


def test_a_refused_level_does_not_end() -> None:
    conditions = watch({'mode': 'level'}, min_interval=100)
    assert feed(conditions, 0.1, 0.5, 0.1, 0.5) == [(0, 'condition_met'), (1, 'condition_ended')]
    assert conditions.refused == {('one', Refusal.INTERVAL): 1}


def test_an_event_names_rule_topic_field_and_value() -> None:
    (found,) = watch().observe('battery', SimpleNamespace(charge=0.125), 7)
    assert found.values == {'rule': 'one', 'topic': 'battery', 'field': 'charge',
                            'value': '0.125'}
    assert found.sentence == 'one: battery charge = 0.125, below 0.2'


def test_it_looks_no_more_often_than_asked() -> None:
    conditions = watch({'check_rate': 2})
    assert feed(conditions, 0.5, 0.1, 0.5, 0.5, 0.5, step_s=0.25) == []
    assert conditions.due_ns('battery') == SECOND + SECOND // 2
    assert feed(conditions, 0.1, first_s=1.5) == [(1.5, 'condition_met')]


def test_a_field_that_is_not_there_is_said_once() -> None:
    conditions = watch({'field': 'charg'})
    assert feed(conditions, 0.1, 0.1) == [(0, 'condition_broken')]
    assert conditions.broken == 1
    assert conditions.due_ns('battery') is None
    assert conditions.unusable('battery', 'x', 0) == []


def test_a_type_that_is_not_installed_is_said_once() -> None:
    conditions = watch()
    (said,) = conditions.unusable('battery', 'no such type', 5)
    assert said.values['because'] == 'no such type'
    assert feed(conditions, 0.1) == []


@given(st.lists(st.tuples(st.floats(0, 1) | st.just(math.nan),
                          st.integers(SECOND // 500, 5 * SECOND)),
                max_size=60), st.integers(0, 3), st.integers(0, 10), st.booleans())
def test_firings_need_the_condition_to_have_held(
        steps: list[tuple[float, int]], hold: int, cooldown: int, level: bool) -> None:
    conditions = watch({'for': hold, 'mode': 'level' if level else 'edge'}, cooldown=cooldown)
    now, true_since, last, pending = 0, None, None, False
    for value, gap in steps:
        now += gap
        known = not math.isnan(value)
        true_since = (true_since if true_since is not None else now) if (
            known and value < 0.2) else None
        for found in conditions.observe('battery', SimpleNamespace(charge=value), now):
            if found.name is EventName.CONDITION_MET:
                assert not pending, 'two without an end'
                assert true_since is not None and now - true_since >= hold * SECOND
                assert last is None or now - last >= cooldown * SECOND
                last, pending = now, level
            else:
                assert pending and known and value >= 0.2
                pending = False


def test_a_condition_that_got_no_snippet_spends_no_interval() -> None:
    conditions = watch(min_interval=100)
    assert feed(conditions, 0.1) == [(0, 'condition_met')]
    conditions.give_back('one')
    conditions.give_back('none of that name')
    assert feed(conditions, 0.5, 0.1, first_s=1) == [(2, 'condition_met')]
