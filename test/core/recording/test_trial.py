from types import SimpleNamespace
from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.trial import Tally, Trial
from test.core.recording.rules import event, recording

LOW: dict[str, Any] = {'topic': 'battery', 'field': 'charge', 'below': 0.2}


def trial(*rules: dict[str, Any]) -> Trial:
    return Trial(recording(*rules), Bounds())


def charge(tried: Trial, at_s: float, value: float) -> None:
    tried.message('battery', SimpleNamespace(charge=value), round(at_s * SECOND))


def test_fields_events_and_time_are_one_story() -> None:
    tried = trial({'name': 'low', 'when': LOW}, {'name': 'stop', 'when': {
        'event': 'estop_pressed'}}, {'name': 'sample', 'when': {'every': 100}})
    charge(tried, 20, 0.1)
    tried.event(*event(EventName.ESTOP_PRESSED, 22))
    charge(tried, 50, 0.5)
    tried.at(100 * SECOND)
    tallies = tried.finish(101 * SECOND)
    assert [(one.at_s, one.rule, one.snippet, one.opened) for one in tried.fired] == [
        (20.0, 'low', 1, True), (22.0, 'stop', 1, False), (100.0, 'sample', 2, True)]
    assert [(one.trigger, one.start_s, one.end_s, one.cut) for one in tried.made] == [
        ('low', 5.0, 27.0, False), ('sample', 85.0, 101.0, True)]
    assert [(one.fired, one.opened, one.extended) for one in tallies] == [
        (1, 1, 0), (1, 0, 1), (1, 1, 0)]


def test_what_the_rules_of_the_robot_made_is_made_anew() -> None:
    tried = trial({'name': 'low', 'when': LOW}, {'name': 'any', 'when': {
        'event': 'condition_met'}})
    tried.event(*event(EventName.CONDITION_MET, 5, rule='low'))
    assert not tried.fired
    charge(tried, 20, 0.1)
    assert [one.rule for one in tried.fired] == ['low', 'any']


def test_what_is_refused_is_tallied_with_its_reason() -> None:
    tried = trial({'name': 'low', 'when': LOW, 'cooldown': 60}, {
        'name': 'stop', 'when': {'event': 'estop_pressed'}, 'min_interval': 60})
    for at in (10, 20, 30):
        charge(tried, at, 0.1)
        charge(tried, at + 1, 0.5)
        tried.event(*event(EventName.ESTOP_PRESSED, at + 2))
    low, stop = tried.finish(40 * SECOND)
    assert (low.fired, low.refused, low.reasons) == (1, 2, ('cooldown 2',))
    assert (stop.fired, stop.refused, stop.reasons) == (1, 2, ('min_interval 2',))


def test_a_rule_that_cannot_fire_says_why() -> None:
    tried = trial({'name': 'low', 'when': LOW}, {'name': 'typo', 'when': {
        **LOW, 'field': 'chargee'}})
    charge(tried, 1, 0.5)
    _, typo = tried.finish(SECOND)
    assert typo == Tally('typo', 'battery chargee below 0.2',
                         note="SimpleNamespace has no field 'chargee'")
