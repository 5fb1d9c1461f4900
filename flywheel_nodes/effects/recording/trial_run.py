"""Runs rules over one bag."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.serde import SerdeError
from rosbags.typesys import TypesysError

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.rules import Recording
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.core.recording.trial import Fired, Made, Tally, Trial
from flywheel_nodes.effects.recording.bag_source import BagSource, open_source, Track
from flywheel_nodes.effects.recording.bag_types import typestore

STALE_NS = 5 * SECOND
MOST_IDS = 2000
_UNDECODABLE = (SerdeError, TypesysError, KeyError, AssertionError, ValueError)


@dataclass(frozen=True)
class TrialReport:
    """What rules would have made of one bag; torn: what is damaged in it."""

    bag: str
    duration_s: float
    namespace: str
    torn: str
    fired: tuple[Fired, ...]
    snippets: tuple[Made, ...]
    rules: tuple[Tally, ...]


def run(path: Path, recording: Recording, bounds: Bounds, namespace: str | None = None,
        progress: Callable[[float], None] = lambda _: None) -> TrialReport:
    """
    Try rules on a bag of any kind.

    :param namespace: of the robot; found from the topics' names when not given
    :param progress: is told how far it is, from 0 to 1
    :raises ConfigError: one line, when the bag cannot be read
    """
    with open_source(path) as source:
        space = _namespace(source.tracks) if namespace is None else namespace
        trial = Trial(recording, bounds)
        ears = _Ears(trial, source, path, space)
        total = max(source.duration_s, 1e-9)
        for sample in source.messages(tracks=ears.tracks):
            trial.at(sample.since_ns)
            ears.hear(sample.track, sample.data, sample.since_ns)
            progress(sample.since_ns / SECOND / total)
        end_ns = round(source.duration_s * SECOND)
        trial.at(end_ns)
        rules = trial.finish(end_ns)
        return TrialReport(str(path), source.duration_s, space or '/', source.torn,
                           tuple(trial.fired), tuple(trial.made), rules)


class _Ears:
    """Decodes of a bag what the rules look at."""

    def __init__(self, trial: Trial, source: BagSource, path: Path, namespace: str) -> None:
        self._trial = trial
        self._types = typestore(path)
        self._start_ns = source.start_ns
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._topics: dict[Track, str] = {}
        events = topics.absolute(topics.EVENTS.name, namespace)
        self._events = [track for track in source.tracks
                        if track.topic == events and track.type == topics.EVENTS.type]
        for topic in trial.conditions.topics:
            found = _find(source.tracks, topic, namespace)
            self._topics.update(dict.fromkeys(found, topic))
            if not found:
                trial.unusable(topic, 'the bag has no such topic')

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What is to be read."""
        return (*self._events, *(track for track in self._topics if track not in self._events))

    def hear(self, track: Track, data: bytes, at_ns: int) -> None:
        if track in self._events:
            self._array(track, data, at_ns)
        topic = self._topics.get(track)
        due_ns = None if topic is None else self._trial.conditions.due_ns(topic)
        if topic is None or due_ns is None or at_ns < due_ns:
            return
        try:
            message = self._decode(track, data)
        except _UNDECODABLE as error:
            self._trial.unusable(topic, f'{track.type} cannot be decoded: {error}')
        else:
            self._trial.message(topic, message, at_ns)

    def _array(self, track: Track, data: bytes, at_ns: int) -> None:
        try:
            statuses = self._decode(track, data).status
        except _UNDECODABLE:
            return  # nor would a recorder make anything of it
        for status in statuses:
            self._event(status, at_ns)

    def _decode(self, track: Track, data: bytes) -> Any:
        return self._types.deserialize_cdr(data, track.type)

    def _event(self, status: Any, at_ns: int) -> None:
        try:
            event = wire.event_from_status(status)
        except WireError:
            return  # of a vocabulary that is not ours
        known = event.id in self._seen
        self._seen[event.id] = None
        if len(self._seen) > MOST_IDS:
            self._seen.popitem(last=False)
        # A recorder that starts later is told the old ones again.
        if not known and event.wall_ns >= self._start_ns + at_ns - STALE_NS:
            self._trial.event(event, at_ns)


def _namespace(tracks: Sequence[Track]) -> str:
    tail = f'/{topics.EVENTS.name}'
    return next((track.topic[:-len(tail)] for track in tracks if track.topic.endswith(tail)), '')


def _find(tracks: Sequence[Track], topic: str, namespace: str) -> tuple[Track, ...]:
    """Return a topic's tracks; of a bag of another robot those that end as the rule says."""
    full = topics.absolute(topic, namespace)
    exact = tuple(track for track in tracks if track.topic == full)
    if exact or topic.startswith('/'):
        return exact
    alike = tuple(track for track in tracks if track.topic.endswith(f'/{topic}'))
    return alike if len({track.topic for track in alike}) == 1 else ()
