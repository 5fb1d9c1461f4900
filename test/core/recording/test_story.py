from flywheel_nodes.core.control import Control, Gate, Mode
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.recording.label import Segment
from flywheel_nodes.core.recording.story import MOST, Span, Story

MS = 1_000_000
OFFSET = 10**18
SPAN = Span(0, 100_000 * MS, OFFSET)


def say(story: Story, name: EventName, at_ms: int, **values: str) -> None:
    story.event(Event(name, str(name), at_ms * MS, values, wall_ns=at_ms * MS + OFFSET),
                at_ms * MS)


def report(story: Story, mode: Mode, at_ms: int, phase: Phase = Phase.NONE) -> None:
    story.control(Control(mode, Gate.NONE, '', phase), at_ms * MS)


def segments(found: tuple[Segment, ...]) -> list[tuple[str, str, int, int]]:
    return [(one.mode, one.phase, (one.start_ns - OFFSET) // MS, (one.end_ns - OFFSET) // MS)
            for one in found]


def test_events_are_kept_in_a_bounded_memory_the_newest_of_them() -> None:
    story = Story()
    for number in range(1000):
        say(story, EventName.SNIPPET_SAVED, number, path='x' * 60_000)
    kept = story.events(SPAN)
    assert 100 < len(kept) < 200
    assert kept[-1].mono_ns == 999 * MS
    story.prune(2000 * MS)
    for number in range(MOST + 10):
        say(story, EventName.SNIPPET_SAVED, 2000 + number)
    assert len(story.events(SPAN)) == MOST, 'what was forgotten takes no room'


def test_an_intervention_is_told_in_phases() -> None:
    story = Story()
    report(story, Mode.POLICY, 0)
    report(story, Mode.HOLD, 20_000)
    say(story, EventName.INTERVENTION_STARTED, 25_001, intervention='i', operator='ann',
        sight='direct')
    report(story, Mode.HUMAN, 25_000, Phase.HANDOVER)
    report(story, Mode.HUMAN, 26_000, Phase.RECOVERY)
    report(story, Mode.HOLD, 30_000)
    say(story, EventName.INTERVENTION_ENDED, 29_999, intervention='i', reason='stuck',
        outcome='success', note='n')
    report(story, Mode.POLICY, 33_000)
    report(story, Mode.HOLD, 36_000)
    (one,) = story.interventions(SPAN)
    assert (one.operator, one.reason, one.outcome, one.note) == ('ann', 'stuck', 'success', 'n')
    assert one.sight == 'direct'
    assert one.started_wall_ns == 25_001 * MS + OFFSET
    assert segments(one.segments) == [
        ('policy', 'pre_intervention', 0, 20_000), ('hold', 'pre_intervention', 20_000, 25_000),
        ('human', 'handover', 25_000, 26_000), ('human', 'recovery', 26_000, 30_000),
        ('hold', 'resume', 30_000, 33_000), ('policy', 'resume', 33_000, 36_000)]


def test_two_interventions_share_the_time_between_them_without_overlap() -> None:
    story = Story()
    report(story, Mode.POLICY, 0)
    for number, start in ((1, 10_000), (2, 20_000)):
        say(story, EventName.INTERVENTION_STARTED, start, intervention=f'i{number}')
        report(story, Mode.HUMAN, start, Phase.CORRECTION)
        say(story, EventName.INTERVENTION_ENDED, start + 5_000, intervention=f'i{number}')
        report(story, Mode.STOPPED, start + 5_000)
    report(story, Mode.POLICY, 30_000)
    first, second = story.interventions(SPAN)
    assert segments(first.segments) == [
        ('policy', 'pre_intervention', 0, 10_000), ('human', 'correction', 10_000, 15_000),
        ('stopped', 'resume', 15_000, 20_000)]
    assert segments(second.segments) == [
        ('human', 'correction', 20_000, 25_000), ('stopped', 'resume', 25_000, 30_000),
        ('policy', 'resume', 30_000, 100_000)]


def test_one_that_goes_on_has_no_end() -> None:
    story = Story()
    report(story, Mode.HUMAN, 10, Phase.CORRECTION)
    say(story, EventName.INTERVENTION_STARTED, 10, intervention='i')
    (one,) = story.interventions(Span(0, 1000 * MS, OFFSET))
    assert one.ended_wall_ns == 0
    assert segments(one.segments) == [('human', 'correction', 10, 1000)]


def test_only_interventions_that_touch_the_snippet_are_told() -> None:
    story = Story()
    for number, at in ((1, 1000), (2, 50_000), (3, 200_000)):
        say(story, EventName.INTERVENTION_STARTED, at, intervention=f'i{number}')
        say(story, EventName.INTERVENTION_ENDED, at + 1000, intervention=f'i{number}')
    inside = Span(10_000 * MS, 100_000 * MS, OFFSET)
    assert [one.id for one in story.interventions(inside)] == ['i2']


def test_the_episode_gets_its_own_outcome_only() -> None:
    story = Story()
    say(story, EventName.EPISODE_STARTED, 1, episode='e1', task='t', policy='p')
    say(story, EventName.EPISODE_STARTED, 2, episode='e2', task='t', policy='p')
    say(story, EventName.EPISODE_ENDED, 3, episode='e1', outcome='failure')
    episode = story.episode()
    assert episode is not None and (episode.id, episode.outcome) == ('e2', '')
    say(story, EventName.EPISODE_ENDED, 4, episode='e2', outcome='success')
    episode = story.episode()
    assert episode is not None and episode.outcome == 'success'


def test_what_is_too_old_is_forgotten_but_not_who_drives() -> None:
    story = Story()
    report(story, Mode.POLICY, 1)
    report(story, Mode.HOLD, 2)
    say(story, EventName.ESTOP_PRESSED, 3)
    say(story, EventName.INTERVENTION_STARTED, 2000, intervention='i')
    story.prune(1000 * MS)
    assert [event.name for event in story.events(SPAN)] == [EventName.INTERVENTION_STARTED]
    (one,) = story.interventions(Span(1000 * MS, 3000 * MS, OFFSET))
    assert segments(one.segments) == [('hold', 'pre_intervention', 1000, 2000),
                                      ('hold', 'correction', 2000, 3000)]
