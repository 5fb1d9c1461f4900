"""snippet_recorder: keeps the last half minute of everything, writes snippets around triggers."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import hashlib
import json
import time
from typing import Any

from flywheel_nodes import __version__
from flywheel_nodes.core.clock import Now, SECOND, StepWatch
from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.loss import UNKNOWN
from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.recording import label, labelling
from flywheel_nodes.core.recording.intake import Intake
from flywheel_nodes.core.recording.label import ClockStep, Label
from flywheel_nodes.core.recording.latched import Latched
from flywheel_nodes.core.recording.losses import LossLog, Where
from flywheel_nodes.core.recording.ring import Record, Ring
from flywheel_nodes.core.recording.selection import Selection
from flywheel_nodes.core.recording.triggers import named, Rules, Window, Windows
from flywheel_nodes.effects.recording.snippet_folder import snippet_name
from flywheel_nodes.effects.recording.snippet_store import End, SnippetStore, Start
from flywheel_nodes.effects.recording.static_frames import subject
from flywheel_nodes.nodes.graph_watch import Channel, GraphWatch, Receive
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.recorder_news import News, READ
from flywheel_nodes.nodes.recorder_outcomes import Outcomes
from flywheel_nodes.nodes.shell import Answer, run, Shell

CLOSE_WITHIN_S = 3.0


@dataclass
class Taking:
    """An open window's snippet: what its label says so far, and what it misses, by channel."""

    draft: Label
    lost: Counter[tuple[Where, int]] = field(default_factory=Counter)


class SnippetRecorder:
    """The component."""

    def __init__(self, shell: Shell) -> None:
        """Subscribe, and let the store clear up; raises ConfigError for lengths that clash."""
        self._shell = shell
        config: RecorderConfig = shell.config
        keep_ns = _ns(config.ring_seconds)
        rules = _rules(config)
        self._triggers = rules.triggers
        self._subject = _subject(shell, config)
        self._windows = Windows(rules)
        self._intake = Intake(Ring(keep_ns, config.ring_bytes))
        self._latched = Latched(keep_ns)
        self._losses = LossLog(keep_ns + rules.max_ns)
        self._reach_ns = keep_ns + rules.max_ns
        self._news = News(shell)
        self._outcomes = Outcomes(shell)
        self._clock = StepWatch()
        self._steps: deque[ClockStep] = deque(maxlen=100)
        self._taking: dict[int, Taking] = {}
        self._reported_ns = 0
        self._graph = GraphWatch(
            shell, Selection(shell.namespace, config.include, config.exclude), config.depth,
            self._receiver)
        self._store = _store(shell, self._graph, config)
        shell.trigger('trigger_snippet', self._requested)

    def step(self, now: Now) -> None:
        """Sort what came, open, fill and close windows, and tell what the store did."""
        self._watch_clock(now)
        self._graph.poll(now)
        for mono_ns, event in self._news.read():
            self._observe(event, mono_ns, now)
        self._feed(self._intake.release(now.mono))
        for window in self._windows.expire(self._intake.released_ns):
            self._end(window)
        for outcome in self._store.outcomes():
            self._outcomes.tell(outcome)
        if now.mono - self._reported_ns >= SECOND:
            self._housekeep(now)

    def close(self) -> None:
        """End the open snippets where they are and wait for the disk, but not for ever."""
        now_ns = time.monotonic_ns()
        self._feed(self._intake.flush(now_ns))
        for window in list(self._windows.open.values()):
            self._end(replace(window, limit_ns=min(now_ns, window.limit_ns)))
        if not self._store.close(CLOSE_WITHIN_S):
            self._shell.log.error('the disk is too slow: a snippet is left to the next start')
        for outcome in self._store.outcomes():
            self._outcomes.tell(outcome)

    # --- receiving ------------------------------------------------------------------------------

    def _receiver(self, channel: Channel) -> Receive:
        """Return what takes the messages of a channel; this is the hot path."""
        keep, number, lost = self._intake.fresh.append, channel.number, self._lost
        metrics, state, read = self._shell.metrics, channel.state, channel.name in READ
        seen = metrics.cell('topic_messages_total', topic=channel.name, node=self._shell.name)
        size = metrics.cell('topic_received_bytes_total', topic=channel.name)

        def take(data: bytes, came: Arrival) -> None:
            keep(Record(number, came.mono_ns, came.received_ns, came.source_ns, came.sequence,
                        data))
            seen.value += 1
            size.value += len(data)
            channel.last_ns = came.received_ns
            if came.lost:
                lost(channel, came)

        def take_state(data: bytes, came: Arrival) -> None:
            take(data, came)
            record = self._intake.fresh[-1]
            if state:
                self._latched.observe(came.publisher or subject(channel.type, data), record)
            if read:
                self._news.hear(channel.name, record)
        return take_state if state or read else take

    def _lost(self, channel: Channel, came: Arrival) -> None:
        if came.lost == UNKNOWN:
            channel.unsure_ns = max(channel.unsure_ns, came.mono_ns)
        else:
            self._losses.note(came.mono_ns, Where.TRANSPORT, channel.number, came.lost)
        self._shell.count_lost(channel.name, came.lost)

    def _watch_clock(self, now: Now) -> None:
        step = self._clock.observe(now)
        if step:
            self._steps.append(ClockStep(now.mono, step))
            self._shell.emit(Event(
                EventName.CLOCK_STEPPED, f'the wall clock jumped by {step / SECOND:.3f} s',
                now.mono, {'step_s': f'{step / SECOND:.3f}'}))

    # --- snippets -------------------------------------------------------------------------------

    def _requested(self) -> Answer:
        self._shell.emit(Event(
            EventName.SNIPPET_REQUESTED, 'a snippet was asked for', time.monotonic_ns(),
            {'by': 'service', 'reason': ''}))
        return True, 'it is announced on flywheel/events once it is saved'

    def _observe(self, event: Event, mono_ns: int, now: Now) -> None:
        if event.name in self._triggers:
            self._shell.metrics.add('recorder_triggers_total', trigger=str(event.name))
        window = self._windows.observe(event, mono_ns)
        if window is not None:
            self._begin(window, now)

    def _begin(self, window: Window, now: Now) -> None:
        identifier = self._shell.new_id()
        name = snippet_name(window.causes[0].mono_ns + now.wall_minus_mono,
                            self._subject.robot.name, window.trigger, identifier)
        draft = labelling.draft(identifier, name, self._subject, window, self._news.story,
                                now.wall_minus_mono)
        missing = self._losses.between(window.start_ns, now.mono)
        self._taking[window.number] = Taking(draft, Counter(
            {key: n for key, n in missing.items() if key[0] is Where.RING}))
        self._store.begin(Start(window.number, draft, self._latched.as_of(window.start_ns),
                                self._intake.ring.since(window.start_ns)))
        self._outcomes.started(draft)

    def _feed(self, records: Sequence[Record]) -> None:
        """Hand new records to the snippets whose windows they fall into."""
        for record in self._intake.early:
            self._losses.note(record.mono_ns, Where.RING, record.channel)
        for number, window in self._windows.open.items():
            inside = [r for r in records if window.start_ns <= r.mono_ns <= window.end_ns]
            if inside and not self._store.append(number, inside):
                self._taking[number].lost.update(
                    (Where.WRITER_QUEUE, record.channel) for record in inside)
                self._shell.log.error('the disk is too slow: messages are missing in a snippet',
                                      throttle_duration_sec=10.0)

    def _end(self, window: Window) -> None:
        taking = self._taking.pop(window.number)
        lost = taking.lost + Counter(
            {key: n for key, n in self._losses.between(window.start_ns, window.end_ns).items()
             if key[0] is Where.TRANSPORT})
        by_place: Counter[str] = Counter()
        by_channel: Counter[int] = Counter()
        for (where, number), count in lost.items():
            by_place[str(where)] += count
            by_channel[number] += count
        done = labelling.finished(taking.draft, window, self._news.story, self._steps, by_place)
        self._store.end(End(window.number, done, {
            number: None if channel.unsure_ns >= window.start_ns else by_channel[number]
            for number, channel in self._graph.channels.items()}))
        self._tell_losses(by_place)

    def _tell_losses(self, by_place: Counter[str]) -> None:
        for where, count in by_place.items():
            self._shell.metrics.add('recorder_messages_lost_total', count, where=where)
            self._shell.emit(Event(
                EventName.MESSAGES_LOST, f'{count} messages are missing in a snippet ({where})',
                time.monotonic_ns(), {'topic': '', 'lost': str(count), 'where': where}))

    def _housekeep(self, now: Now) -> None:
        self._reported_ns = now.mono
        self._latched.prune(now.mono)
        self._losses.prune(now.mono)
        self._news.story.prune(now.mono - self._reach_ns)
        metrics, ring = self._shell.metrics, self._intake.ring
        metrics.set('recorder_ring_bytes', ring.bytes + self._latched.bytes)
        metrics.set('recorder_ring_seconds', ring.reach_ns(now.mono) / SECOND)
        metrics.cell('recorder_triggers_refused_total').value = self._windows.refused
        for channel in self._graph.channels.values():
            if channel.last_ns:
                metrics.set('topic_last_message_timestamp_seconds', channel.last_ns / SECOND,
                            topic=channel.name)


def _ns(seconds: float) -> int:
    return int(seconds * SECOND)


def _rules(config: RecorderConfig) -> Rules:
    if config.ring_seconds < config.pre_roll:
        raise ConfigError(f'snippet_recorder: ring_seconds ({config.ring_seconds:g}) is shorter '
                          f'than pre_roll ({config.pre_roll:g}): raise it')
    return Rules(named(config.triggers), _ns(config.pre_roll), _ns(config.post_roll),
                 _ns(config.hold_open), _ns(config.max_duration))


def _store(shell: Shell, graph: GraphWatch, config: RecorderConfig) -> SnippetStore:
    try:
        return SnippetStore(
            shell.data_dir, graph.channels, compression=config.compression,
            queue_bytes=config.writer_queue, min_free_bytes=config.min_free_bytes)
    except OSError as error:
        raise ConfigError(f'snippet_recorder: {error.filename}: {error.strerror}: choose another '
                          'data_dir') from None


def _subject(shell: Shell, config: RecorderConfig) -> labelling.Subject:
    robot = shell.robot
    return labelling.Subject(
        label.RobotInfo(robot.robot, robot.model, robot.serial, shell.namespace),
        label.Provenance(__version__, _digest(config), _digest(robot)),
        config.pre_roll, config.post_roll)


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(to_plain(values), sort_keys=True).encode()).hexdigest()


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run('snippet_recorder', RecorderConfig, SnippetRecorder, args)
