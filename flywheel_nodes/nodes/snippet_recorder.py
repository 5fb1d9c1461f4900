"""snippet_recorder: keeps the last half minute of everything, writes snippets around triggers."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
import hashlib
import json
import time
from typing import Any

from flywheel_nodes import __version__
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND, StepWatch
from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import ConfigError, FlywheelError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.recording import label, labelling
from flywheel_nodes.core.recording.label import ClockStep, Label
from flywheel_nodes.core.recording.losses import by_channel, by_place, Where
from flywheel_nodes.core.recording.retention import Quota
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.rules import Recording
from flywheel_nodes.core.recording.selection import Selection
from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.core.recording.windows import Window
from flywheel_nodes.effects.recording import rules_file
from flywheel_nodes.effects.recording.outcomes import Failed
from flywheel_nodes.effects.recording.snippet_folder import Form, snippet_name
from flywheel_nodes.effects.recording.snippet_store import (
    Discard,
    End,
    Settings,
    SnippetStore,
    Start,
)
from flywheel_nodes.nodes.channel import Channel
from flywheel_nodes.nodes.graph_watch import GraphWatch
from flywheel_nodes.nodes.once import Receive
from flywheel_nodes.nodes.recorder_news import News, READ
from flywheel_nodes.nodes.recorder_outcomes import Outcomes
from flywheel_nodes.nodes.recorder_receiving import Listener, Receiving
from flywheel_nodes.nodes.recorder_triggers import RecorderTriggers
from flywheel_nodes.nodes.shell import Answer, run, Shell

CLOSE_WITHIN_S = 3.0  # less than the supervisor grants: what follows takes its time, too


@dataclass
class Taking:
    """An open window's snippet: what its label says so far, and what it misses, by channel."""

    draft: Label
    begun_ns: int
    lost: Counter[tuple[Where, int]] = field(default_factory=Counter)

    def chosen(self, records: Sequence[Record], rivals: Mapping[int, int]) -> Sequence[Record]:
        """Return the records without those of rivals, which are counted as lost."""
        if not rivals:
            return records
        self.lost.update((Where.TYPE, one.channel) for one in records if one.channel in rivals)
        return [one for one in records if one.channel not in rivals]


class SnippetRecorder:
    """The component."""

    def __init__(self, shell: Shell) -> None:
        """Subscribe, and let the store clear up; raises ConfigError for lengths that clash."""
        self._shell = shell
        config: RecorderConfig = shell.config
        keep_ns = _ns(config.ring_seconds)
        rules = rules_file.of_recorder(config)
        self._subject = _subject(shell, config, rules)
        selection = Selection(shell.namespace, config.include, config.exclude)
        self._triggers = RecorderTriggers(shell, rules, selection.wants)
        self._reach_ns = keep_ns + rules.max_ns
        self._receiving = Receiving(shell, rules.topics, keep_ns, self._reach_ns)
        self._news = News(shell)
        self._outcomes = Outcomes(shell)
        self._clock = StepWatch()
        self._steps: deque[ClockStep] = deque(maxlen=100)
        self._taking: dict[int, Taking] = {}
        self._reported_ns = 0
        self._graph = GraphWatch(shell, selection, config.depth, self._receiver,
                                 self._receiving)
        self._store = _store(shell, self._graph, config)
        shell.trigger('trigger_snippet', self._requested)

    def step(self, now: Now) -> None:
        """Sort what came, open, fill and close windows, and tell what the store did."""
        if not self._store.alive:
            raise FlywheelError('the thread that writes snippets has ended')
        self._watch_clock(now)
        self._graph.poll(now)
        self._triggers.step(now)
        for mono_ns, event in self._news.read(now.mono):
            for window in self._triggers.observe(event, mono_ns):
                self._begin(window, now)
        self._feed(self._receiving.release(now))
        for judgement in self._news.judgements():
            self._store.judge(judgement)
        for window in self._triggers.expire(self._receiving.intake.released_ns):
            self._end(window)
        for outcome in self._store.outcomes():
            self._outcomes.tell(outcome)
            if isinstance(outcome, Failed):
                self._abandon(outcome.draft, now)
        if now.mono - self._reported_ns >= SECOND:
            self._housekeep(now)

    def close(self) -> None:
        """End the open snippets where they are and wait for the disk, but not for ever."""
        now_ns = time.monotonic_ns()
        self._feed(self._receiving.flush())
        for window in list(self._triggers.open.values()):
            self._end(replace(window, limit_ns=min(now_ns, window.limit_ns)))
        if not self._store.close(CLOSE_WITHIN_S):
            self._shell.log.error('the disk is too slow: a snippet is left to the next start')
        for outcome in self._store.outcomes():
            self._outcomes.tell(outcome)

    def _requested(self) -> Answer:
        refused = self._store.refused
        return (False, f'nothing can be saved: {refused}') if refused else self._triggers.request()

    def _receiver(self, channel: Channel) -> Receive:
        listeners: list[Listener] = []
        if channel.name in READ:
            listeners.append(partial(self._news.hear, channel.name))
        if check := self._triggers.listener(channel):
            listeners.append(check)
        return self._receiving.receiver(channel, tuple(listeners))

    def _watch_clock(self, now: Now) -> None:
        step = self._clock.observe(now)
        if step:
            self._steps.append(ClockStep(now.mono, step))
            self._shell.emit(Event(
                EventName.CLOCK_STEPPED, f'the wall clock jumped by {step / SECOND:.3f} s',
                now.mono, {'step_s': f'{step / SECOND:.3f}'}))

    # --- snippets -------------------------------------------------------------------------------

    def _begin(self, window: Window, now: Now) -> None:
        identifier = self._shell.new_id()
        name = snippet_name(window.causes[0].mono_ns + now.wall_minus_mono,
                            self._subject.robot.name, window.trigger, identifier)
        draft = labelling.draft(identifier, name, self._subject, window, self._news.story,
                                now.wall_minus_mono)
        receiving, rivals = self._receiving, self._graph.rivals(now.mono)
        missing = receiving.losses.between(window.start_ns, now.mono)
        taking = self._taking[window.number] = Taking(draft, now.mono, Counter(
            {key: n for key, n in missing.items() if key[0] is Where.RING}))
        taking.lost.update({(Where.STATE, channel): publishers
                            for channel, publishers in receiving.latched.gone.items()})
        # A trigger that was heard late may have its whole window in the ring, and more after it.
        records = [one for one in receiving.ring.since(window.start_ns)
                   if one.mono_ns <= window.end_ns]
        state = receiving.latched.as_of(window.start_ns, records, receiving.intake.released_ns)
        self._store.begin(Start(
            window.number, draft, [held for held in state if held.record.channel not in rivals],
            taking.chosen(records, rivals)))
        self._outcomes.started(draft)

    def _abandon(self, draft: Label, now: Now) -> None:
        """End a window whose file has failed, so that the next trigger opens another one."""
        window = next((window for number, window in self._triggers.open.items()
                       if self._taking[number].draft.id == draft.id), None)
        # One that takes no other triggers in may go on: how its episode ends is yet to be told.
        if window is not None and not window.rule.alone:
            self._triggers.abandon(window.number)
            self._end(replace(window, limit_ns=min(now.mono, window.limit_ns)))

    def _feed(self, records: Sequence[Record]) -> None:
        """Hand new records to the snippets whose windows they fall into."""
        for number, window in self._triggers.open.items():
            taking = self._taking[number]
            inside = taking.chosen(
                [r for r in records if window.start_ns <= r.mono_ns <= window.end_ns],
                self._graph.rivals(taking.begun_ns))
            if inside and not self._store.append(number, inside):
                taking.lost.update(
                    (Where.WRITER_QUEUE, record.channel) for record in inside)
                self._shell.log.error('the disk is too slow: messages are missing in a snippet',
                                      throttle_duration_sec=10.0)

    def _end(self, window: Window) -> None:
        taking = self._taking.pop(window.number)
        if window.discarded:
            self._store.discard(Discard(window.number, taking.draft, window.outcome))
            return
        since = self._receiving.losses.between(window.start_ns, window.end_ns)
        lost = taking.lost + Counter({key: n for key, n in since.items()
                                      if key[0] is not Where.RING})
        channels = self._graph.channels
        missing = by_channel(lost, {number: channel.derived.number for number, channel
                                    in channels.items() if channel.derived}
                             | self._graph.rivals(taking.begun_ns))
        done = labelling.finished(taking.draft, window, self._news.story, self._steps,
                                  by_place(lost), sim_time=self._sim_time(taking.draft))
        unsure = {number for number, channel in channels.items()
                  if channel.unsure_ns >= window.start_ns}
        self._store.end(End(window.number, done, missing, unsure))
        self._tell_losses(missing)

    def _sim_time(self, draft: Label) -> bool:
        """Tell whether a simulation published its time meanwhile."""
        return any(channel.topic == topics.CLOCK
                   and channel.last_ns >= draft.window.start.mono_ns
                   for channel in self._graph.channels.values())

    def _tell_losses(self, missing: Mapping[int, Mapping[str, int]]) -> None:
        lost: Counter[str] = Counter()
        for number, behind in missing.items():
            # What a rate leaves out is as the rule file asks, and counted where it happens.
            for where in behind.keys() - {Where.THROTTLE}:
                self._shell.metrics.add(
                    'recorder_messages_lost_total', behind[where],
                    topic=self._graph.channels[number].name, where=where)
                lost[where] += behind[where]
        for where, count in lost.items():
            self._shell.emit(Event(
                EventName.MESSAGES_LOST, f'{count} messages are missing in a snippet ({where})',
                time.monotonic_ns(), {'topic': '', 'lost': str(count), 'where': where}))

    def _housekeep(self, now: Now) -> None:
        self._reported_ns = now.mono
        self._news.story.prune(now.mono - self._reach_ns)
        self._receiving.housekeep(now, self._graph.channels.values())
        self._triggers.report()


def _ns(seconds: float) -> int:
    return int(seconds * SECOND)


def _store(shell: Shell, graph: GraphWatch, config: RecorderConfig) -> SnippetStore:
    state = State(upload=Upload.PENDING if config.upload_wanted else Upload.NONE)
    settings = Settings(
        config.compression, config.writer_queue, config.min_free_bytes,
        Quota(config.quota_bytes, config.quota_age, config.quota_count),
        Form(config.storage, state))
    try:
        return SnippetStore(shell.data_dir, graph.channels, settings)
    except OSError as error:
        raise ConfigError(f'snippet_recorder: {error.filename}: {error.strerror}: choose another '
                          'data_dir') from None


def _subject(shell: Shell, config: RecorderConfig, rules: Recording) -> labelling.Subject:
    robot = shell.robot
    return labelling.Subject(
        label.RobotInfo(robot.robot, robot.model, robot.serial, shell.namespace),
        label.Provenance(__version__, _digest((config, rules)), _digest(robot)))


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(to_plain(values), sort_keys=True).encode()).hexdigest()


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run('snippet_recorder', RecorderConfig, SnippetRecorder, args)
