"""Writes labels: from a window, the story of its time and what is known of the robot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.recording.label import (
    ClockInfo,
    ClockStep,
    EventInfo,
    Label,
    Moment,
    Provenance,
    RobotInfo,
    TriggerInfo,
    WindowInfo,
)
from flywheel_nodes.core.recording.story import Span, Story
from flywheel_nodes.core.recording.windows import Cause, Window


@dataclass(frozen=True)
class Subject:
    """What is the same in each label of a process."""

    robot: RobotInfo
    provenance: Provenance


def draft(identifier: str, name: str, subject: Subject, window: Window, story: Story,
          wall_minus_mono: int) -> Label:
    """
    Return the label of a snippet that begins.

    :param wall_minus_mono: the clock at the trigger, to which all stamps of the label refer
    """
    span = Span(window.start_ns, window.end_ns, wall_minus_mono)
    trigger, rule = window.causes[0].mono_ns, window.rule
    return Label(
        identifier, name, subject.robot, window.trigger, _triggers(window.causes, span),
        WindowInfo(_moment(span, window.start_ns), _moment(span, trigger), _moment(span, trigger),
                   rule.pre_ns / SECOND, rule.post_ns / SECOND, cut=True),
        subject.provenance, story.policy, story.episode(),
        _events(story.events(replace(span, end_ns=trigger))), priority=window.priority)


def finished(begun: Label, window: Window, story: Story, steps: Sequence[ClockStep],
             losses: Mapping[str, int], *, sim_time: bool = False) -> Label:
    """
    Return the label of a snippet that is over.

    :param steps: jumps of the wall clock; those outside the window are left out
    """
    trigger = begun.window.trigger
    span = Span(window.start_ns, window.end_ns, trigger.wall_ns - trigger.mono_ns)
    episode = story.episode()
    same = begun.episode and episode and episode.id == begun.episode.id
    inside = tuple(s for s in steps if span.start_ns <= s.mono_ns <= span.end_ns)
    return replace(
        begun, triggers=_triggers(window.causes, span),
        window=replace(begun.window, end=_moment(span, window.end_ns), cut=window.cut),
        policy=begun.policy or story.policy, episode=episode if same else begun.episode,
        events=_events(story.events(span)), interventions=story.interventions(span),
        clock=ClockInfo(steps=inside, sim_time=sim_time), losses=dict(losses),
        priority=window.priority)


def _moment(span: Span, mono_ns: int) -> Moment:
    return Moment(span.wall(mono_ns), mono_ns)


def _triggers(causes: Sequence[Cause], span: Span) -> tuple[TriggerInfo, ...]:
    return tuple(TriggerInfo(str(cause.event.name), cause.event.id, span.wall(cause.mono_ns),
                             cause.mono_ns, cause.event.sentence, cause.rule.name)
                 for cause in causes)


def _events(events: Sequence[Event]) -> tuple[EventInfo, ...]:
    return tuple(EventInfo(event.id, str(event.name), str(event.level), event.sentence,
                           event.source, event.wall_ns, event.mono_ns, dict(event.values))
                 for event in events)
