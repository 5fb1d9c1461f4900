"""The vocabulary is closed and every word in it is explained."""

import re

import pytest

from flywheel_nodes.core.events import Event, EventName, EVENTS, Level


@pytest.mark.parametrize('name', EventName)
def test_every_event_has_a_meaning(name: EventName) -> None:
    meaning = EVENTS[name]
    assert meaning.text and not meaning.text.endswith('.')
    assert len(set(meaning.keys)) == len(meaning.keys)
    assert all(re.fullmatch('[a-z0-9_]+', word) for word in (name, *meaning.keys))


def test_an_event_takes_its_usual_level() -> None:
    assert Event(EventName.POLICY_ALARM, 'x', 0).level is Level.ERROR
    assert Event(EventName.POLICY_ALARM, 'x', 0, level=Level.WARN).level is Level.WARN


def test_keys_outside_the_vocabulary_are_refused() -> None:
    with pytest.raises(ValueError, match=r'lease_ended.*color'):
        Event(EventName.LEASE_ENDED, 'x', 0, {'operator': 'ann', 'color': 'red'})


def test_stamping_changes_nothing_else() -> None:
    event = Event(EventName.LEASE_ENDED, 'x', 7, {'operator': 'ann'}, Level.ERROR)
    stamped = event.stamped('some-id', 'relay', 9)
    assert (stamped.id, stamped.source, stamped.wall_ns) == ('some-id', 'relay', 9)
    assert (stamped.name, stamped.mono_ns, stamped.values, stamped.level) == (
        event.name, 7, {'operator': 'ann'}, Level.ERROR)
