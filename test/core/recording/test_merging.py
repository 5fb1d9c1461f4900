from dataclasses import replace

from flywheel_nodes.core.recording.label import (
    ClockInfo,
    ClockStep,
    LatchedInfo,
    Provenance,
    TopicInfo,
    TriggerInfo,
)
from flywheel_nodes.core.recording.merging import merged, topics
from test.effects.recording.snippets import MONO, WALL
from test.effects.recording.stored import SECOND, told

FIRST = replace(told(1, last_s=1.0), losses={'ring': 2}, latched=(LatchedInfo('/a', '1', 1, 2),),
                clock=ClockInfo(steps=(ClockStep(5, 6),)))
SECOND_ONE = replace(
    told(2, first_s=-1.0, last_s=9.0), losses={'ring': 3, 'transport': 1}, recovered='half',
    triggers=(TriggerInfo('manual', 'e9', WALL + SECOND, MONO), *FIRST.triggers),
    clock=FIRST.clock)


def test_two_labels_become_one() -> None:
    one = merged([SECOND_ONE, FIRST], 'id', 'name', Provenance('1'))
    assert (one.id, one.name, one.sources) == ('id', 'name', (FIRST.id, SECOND_ONE.id))
    assert [trigger.event for trigger in one.triggers] == ['e1', 'e9']
    assert [event.id for event in one.events] == ['e1', 'e2', 'e3']
    assert len(one.interventions) == 1 == len(one.clock.steps)
    assert (one.window.start, one.window.end) == (FIRST.window.start, SECOND_ONE.window.end)
    assert (one.window.pre_roll_s, one.window.post_roll_s) == (2.0, 9.0)
    assert one.losses == {'ring': 5, 'transport': 1}
    assert (one.recovered, one.latched) == ('half', FIRST.latched)


def test_the_intervention_is_told_by_who_saw_most_of_it() -> None:
    (whole,) = FIRST.interventions
    cut = replace(whole, segments=whole.segments[1:], outcome='')
    one = merged([replace(FIRST, interventions=(cut,)), SECOND_ONE], 'id', 'n', Provenance('1'))
    assert one.interventions == (whole,)


def test_what_they_do_not_share_is_nobodys() -> None:
    one = merged([FIRST, replace(SECOND_ONE, policy=None)], 'id', 'n', Provenance('1'))
    assert one.policy is None
    assert merged([FIRST], 'id', 'n', Provenance('1')).policy == FIRST.policy


def test_losses_of_a_topic_add_up_and_unknown_stays() -> None:
    info = TopicInfo('t', 9, 9, None, 1, 2)
    first = replace(info, lost=1, latched=True, missing={'ring': 1})
    labels = [replace(FIRST, topics={'/a': first, '/b': info}),
              replace(SECOND_ONE, topics={'/a': replace(first, lost=2, missing={'ring': 2})})]
    found = topics(labels, {'/a': info, '/b': info})
    assert (found['/a'].lost, found['/a'].latched, found['/a'].missing) == (3, True, {'ring': 3})
    assert (found['/b'].lost, found['/b'].latched) == (None, False)


def test_a_topic_of_which_no_source_has_a_message_is_told_all_the_same() -> None:
    lost = TopicInfo('t', 0, 0, 2, 0, 0, missing={'ring': 2})
    labels = [replace(FIRST, topics={'/a': lost}), replace(SECOND_ONE, topics={'/a': lost})]
    found = topics(labels, {})
    assert (found['/a'].messages, found['/a'].lost, found['/a'].missing) == (0, 4, {'ring': 4})
