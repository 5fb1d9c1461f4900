"""Silence of nodes, told once."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.health.presence import Presence


def test_a_node_that_was_never_heard_is_not_missed() -> None:
    presence = Presence(['a', 'b'])
    assert presence.update({'a': 'never heard', 'b': 'never heard'}, 1) == []
    assert presence.update({'b': 'never heard'}, 2) == []
    (gone,) = presence.update({'a': 'silent for 3.1 s', 'b': 'never heard'}, 3)
    assert (gone.name, gone.values) == (EventName.NODE_SILENT, {'node': 'a'})
    assert gone.sentence.startswith('a is silent for 3.1 s')


@given(st.lists(st.booleans()))
def test_each_change_is_told_once(story: list[bool]) -> None:
    presence = Presence(['a'])
    told = [event.name for number, up in enumerate(story)
            for event in presence.update({} if up else {'a': 'silent'}, number)]
    since = story[story.index(True):] if True in story else []
    changes = [up for up, before in zip(since[1:], since, strict=False) if up != before]
    assert told == [EventName.NODE_BACK if up else EventName.NODE_SILENT for up in changes]
