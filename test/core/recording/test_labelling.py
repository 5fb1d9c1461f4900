from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording import labelling
from flywheel_nodes.core.recording.label import ClockStep, Provenance, RobotInfo
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.story import Story
from flywheel_nodes.core.recording.triggers import Triggers
from test.core.recording.rules import rule

WALL = 10**18
SUBJECT = labelling.Subject(RobotInfo('sim'), Provenance('0'))


def say(story: Story, windows: Triggers, name: EventName, at_s: int, **values: str) -> None:
    event = Event(name, f'{name} came', at_s * SECOND, values, id=f'{name}-{at_s}',
                  wall_ns=WALL + at_s * SECOND)
    story.event(event, at_s * SECOND)
    windows.observe(event, at_s * SECOND)


def test_a_label_grows_from_its_draft() -> None:
    story = Story()
    windows = Triggers([rule(name='stopped', pre_roll=10, priority=90)], Bounds())
    say(story, windows, EventName.EPISODE_STARTED, 95, episode='e', task='t')
    say(story, windows, EventName.ESTOP_RELEASED, 80)
    say(story, windows, EventName.ESTOP_PRESSED, 100)
    draft = labelling.draft('id', 'name', SUBJECT, windows.open[1], story, WALL)
    assert draft.trigger == 'stopped' and draft.window.cut
    assert (draft.priority, draft.window.pre_roll_s, draft.window.post_roll_s) == (90, 10.0, 5.0)
    assert [event.name for event in draft.events] == ['episode_started', 'estop_pressed']

    say(story, windows, EventName.ESTOP_PRESSED, 103)
    say(story, windows, EventName.EPISODE_ENDED, 104, episode='e', outcome='aborted')
    (window,) = windows.expire(108 * SECOND)
    steps = [ClockStep(50 * SECOND, 1), ClockStep(101 * SECOND, SECOND)]
    label = labelling.finished(draft, window, story, steps, {'ring': 3})
    assert [one.event for one in label.triggers] == ['estop_pressed-100', 'estop_pressed-103']
    assert {(one.name, one.rule) for one in label.triggers} == {('estop_pressed', 'stopped')}
    assert label.triggers[1].wall_ns == WALL + 103 * SECOND
    assert (label.window.start.mono_ns, label.window.end.mono_ns) == (90 * SECOND, 108 * SECOND)
    assert label.window.trigger.wall_ns == WALL + 100 * SECOND
    assert not label.window.cut
    assert label.episode is not None and label.episode.outcome == 'aborted'
    assert label.clock.steps == (steps[1],)
    assert label.losses == {'ring': 3}


def test_the_episode_stays_the_one_of_the_trigger() -> None:
    story = Story()
    windows = Triggers([rule(pre_roll=1, post_roll=1)], Bounds())
    say(story, windows, EventName.EPISODE_STARTED, 99, episode='e1')
    say(story, windows, EventName.ESTOP_PRESSED, 100)
    draft = labelling.draft('id', 'name', SUBJECT, windows.open[1], story, WALL)
    say(story, windows, EventName.EPISODE_STARTED, 101, episode='e2')
    label = labelling.finished(draft, windows.open[1], story, [], {})
    assert label.episode is not None and label.episode.id == 'e1'
