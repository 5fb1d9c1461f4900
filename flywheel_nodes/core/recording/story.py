"""
What was said on flywheel/events, flywheel/control and policy/info, kept for labels.

Times are those of reception on the robot's monotonic clock, as for everything in a snippet.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from flywheel_nodes.core.clock import MILLISECOND
from flywheel_nodes.core.control import Control, Mode, PolicyInfo
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.recording.label import EpisodeInfo, InterventionInfo, Segment

MOST = 5000
MOST_BYTES = 8 * 2**20
SNAP_NS = 100 * MILLISECOND


class Heard(NamedTuple):
    """An event and when it came."""

    mono_ns: int
    event: Event


class Stretch(NamedTuple):
    """A report of control and when it began to hold."""

    mono_ns: int
    control: Control


@dataclass(frozen=True)
class Span:
    """A stretch of time on the monotonic clock, and what to add for the wall clock."""

    start_ns: int
    end_ns: int
    wall_minus_mono: int

    def wall(self, mono_ns: int) -> int:
        """Return the wall-clock time of a moment."""
        return mono_ns + self.wall_minus_mono


class Story:
    """The newest events, transitions, episode and policy."""

    def __init__(self) -> None:
        """Begin without having heard anything."""
        self._events: deque[Heard] = deque()
        self._bytes = 0
        self._control: deque[Stretch] = deque(maxlen=MOST)
        self.policy: PolicyInfo | None = None
        self._episode: EpisodeInfo | None = None

    def event(self, event: Event, mono_ns: int) -> None:
        """Take an event."""
        self._events.append(Heard(mono_ns, event))
        self._bytes += _cost(event)
        while len(self._events) > MOST or self._bytes > MOST_BYTES:
            self._forget()
        if event.name is EventName.EPISODE_STARTED:
            of = event.values
            self._episode = EpisodeInfo(
                of.get('episode', ''), of.get('task', ''), of.get('instruction', ''),
                of.get('policy', ''), event.wall_ns)
        elif event.name is EventName.EPISODE_ENDED:
            self._ended(event)

    def _ended(self, event: Event) -> None:
        if self._episode is not None and event.values.get('episode') == self._episode.id:
            outcome = event.values.get('outcome', 'unknown')
            self._episode = replace(self._episode, outcome=outcome)

    def control(self, control: Control, mono_ns: int) -> None:
        """Take a report of control; only changes are kept."""
        if not self._control or self._control[-1].control != control:
            self._control.append(Stretch(mono_ns, control))

    def prune(self, horizon_ns: int) -> None:
        """Forget what no open or coming snippet can contain."""
        while self._events and self._events[0].mono_ns < horizon_ns:
            self._forget()
        while len(self._control) > 1 and self._control[1].mono_ns < horizon_ns:
            self._control.popleft()

    def _forget(self) -> None:
        self._bytes -= _cost(self._events.popleft().event)

    def episode(self) -> EpisodeInfo | None:
        """Return the newest episode."""
        return self._episode

    def events(self, span: Span) -> tuple[Event, ...]:
        """Return the events within a stretch."""
        return tuple(heard.event for heard in self._events
                     if span.start_ns <= heard.mono_ns <= span.end_ns)

    def interventions(self, span: Span) -> tuple[InterventionInfo, ...]:
        """Return the interventions that touch a stretch, with their segments."""
        control = tuple(self._control)
        found = [one for one in _interventions(sorted(
            (heard for heard in self._events if heard.mono_ns <= span.end_ns), key=_when))
            if not 0 < one.ended_ns < span.start_ns]
        untils = [*(_snapped(control, one.started_ns) for one in found[1:]), span.end_ns]
        made, share = [], span
        for one, until in zip(found, untils, strict=False):
            segments = _segments(control, one, replace(share, end_ns=until))
            made.append(one.info(span, segments))
            # The next one begins where this one's share of the time ends.
            last = segments[-1].end_ns - span.wall_minus_mono if segments else until
            share = replace(span, start_ns=last)
        return tuple(made)


def _when(heard: Heard) -> int:
    return heard.mono_ns


def _cost(event: Event) -> int:
    """Return about what an event takes in memory, in bytes."""
    texts = (event.sentence, event.id, event.source, *event.values, *event.values.values())
    return 500 + sum(100 + len(text) for text in texts)


@dataclass(frozen=True)
class _Intervention:
    """Its two events; ended_ns is 0 while it goes on."""

    id: str
    started: Event
    started_ns: int
    ended: Event | None = None
    ended_ns: int = 0

    def info(self, span: Span, segments: tuple[Segment, ...]) -> InterventionInfo:
        last = self.ended.values if self.ended else {}
        operator = self.started.values.get('operator', '') or last.get('operator', '')
        return InterventionInfo(
            self.id, operator, last.get('reason', ''), last.get('outcome', ''),
            last.get('note', ''), span.wall(self.started_ns),
            span.wall(self.ended_ns) if self.ended_ns else 0, segments,
            self.started.values.get('sight', ''))


def _interventions(heard: Sequence[Heard]) -> list[_Intervention]:
    found: dict[str, _Intervention] = {}
    for mono_ns, event in heard:
        key = event.values.get('intervention', '')
        if event.name is EventName.INTERVENTION_STARTED:
            found[key] = _Intervention(key, event, mono_ns)
        elif event.name is EventName.INTERVENTION_ENDED and key in found:
            found[key] = replace(found[key], ended=event, ended_ns=mono_ns)
    return list(found.values())


def _segments(control: Sequence[Stretch], one: _Intervention, span: Span) -> tuple[Segment, ...]:
    """Cut the reports of control within a stretch at the takeover and the release."""
    one = replace(one, started_ns=_snapped(control, one.started_ns),
                  ended_ns=one.ended_ns and _snapped(control, one.ended_ns))
    marks = sorted({span.start_ns, one.started_ns, one.ended_ns or span.end_ns, span.end_ns,
                    *(s.mono_ns for s in control)})
    marks = [mark for mark in marks if span.start_ns <= mark <= span.end_ns]
    found: list[Segment] = []
    for start, end in pairwise(marks):
        now = _at(control, start)
        after = bool(one.ended_ns) and start >= one.ended_ns
        if now is None:
            continue
        if after and now.mode is Mode.POLICY and now.phase in (Phase.NONE, Phase.RESUME):
            found.append(_segment(now, Phase.RESUME, start, end, span))
            break  # what follows the resume is the policy's own
        found.append(_segment(now, _phase(now, start < one.started_ns, after), start, end, span))
    return _merged(found)


def _snapped(control: Sequence[Stretch], mono_ns: int) -> int:
    """Return the change of control that an event speaks of: they travel on different topics."""
    near = [s.mono_ns for s in control if abs(s.mono_ns - mono_ns) <= SNAP_NS]
    return min(near, key=lambda other: abs(other - mono_ns), default=mono_ns)


def _at(control: Sequence[Stretch], mono_ns: int) -> Control | None:
    index = bisect_right([stretch.mono_ns for stretch in control], mono_ns)
    return control[index - 1].control if index else None


def _phase(now: Control, before: bool, after: bool) -> Phase:
    if before:
        return Phase.PRE_INTERVENTION
    if now.phase is Phase.NONE:
        return Phase.RESUME if after else Phase.CORRECTION
    return now.phase


def _segment(now: Control, phase: Phase, start: int, end: int, span: Span) -> Segment:
    return Segment(str(now.mode), str(phase), str(now.gate), span.wall(start), span.wall(end))


def _merged(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    merged: list[Segment] = []
    for one in segments:
        if merged and replace(merged[-1], end_ns=0, start_ns=0) == replace(
                one, end_ns=0, start_ns=0):
            merged[-1] = replace(merged[-1], end_ns=one.end_ns)
        else:
            merged.append(one)
    return tuple(merged)
