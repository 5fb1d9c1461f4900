"""What a recorder does with each message: into the ring, thinned, counted, and told of silence."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
import time

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.loss import UNKNOWN
from flywheel_nodes.core.pace import Pace
from flywheel_nodes.core.recording.intake import Intake
from flywheel_nodes.core.recording.latched import Latched
from flywheel_nodes.core.recording.losses import LossLog, Where
from flywheel_nodes.core.recording.ring import Lane, Record, Ring
from flywheel_nodes.core.recording.rules import TopicRule
from flywheel_nodes.core.recording.selection import matches
from flywheel_nodes.core.recording.silence import Silence
from flywheel_nodes.effects.recording.static_frames import subject
from flywheel_nodes.nodes.channel import Channel, RAW
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.once import Receive
from flywheel_nodes.nodes.recorder_cameras import Cameras
from flywheel_nodes.nodes.shell import Shell

LATE_NS = SECOND // 2
RAW_SHARE = 4  # of the ring, for images in encodings that are not compressed
Listener = Callable[[Record], None]


class Receiving:
    """The ring, what holds from before it, and what was lost on the way."""

    def __init__(self, shell: Shell, rules: tuple[TopicRule, ...], keep_ns: int,
                 reach_ns: int) -> None:
        """
        Begin with nothing received.

        :param rules: windows of topics, the first that matches holds
        :param keep_ns: time in the ring
        :param reach_ns: how far back a loss may be asked for
        """
        self._shell = shell
        config: RecorderConfig = shell.config
        self.ring = Ring(keep_ns, config.ring_bytes)
        self.intake = Intake(self.ring)
        self.latched = Latched(keep_ns)
        self.losses = LossLog(reach_ns)
        self.cameras = Cameras(shell, self.losses)
        self._lanes: dict[TopicRule | None, Lane] = {
            rule: self.ring.lane(None if rule.keep is None else int(rule.keep * SECOND),
                                 rule.bytes)
            for rule in rules if rule.keep is not None or rule.bytes is not None}
        self._raw = self.ring.lane(None, config.ring_bytes // RAW_SHARE)
        self._rules = rules
        self._derived: dict[int, Channel] = {}
        self._silence = Silence()
        self._stepped_ns = 0

    def receiver(self, channel: Channel, listeners: tuple[Listener, ...]) -> Receive:
        """
        Return what takes the messages of a channel; this is the hot path.

        :param listeners: are told of each message, also of those above a max_rate
        """
        keep, number, lost = self._thinned(channel), channel.number, self._lost
        holds = channel.state and channel.derived is None
        metrics = self._shell.metrics
        seen = metrics.cell('topic_messages_total', topic=channel.name, node=self._shell.name)
        size = metrics.cell('topic_received_bytes_total', topic=channel.name)
        metrics.add('topic_messages_lost_total', 0, topic=channel.name, node=self._shell.name)

        def take(data: bytes, came: Arrival) -> None:
            record = Record(number, came.mono_ns, came.received_ns, came.source_ns, came.sequence,
                            data)
            if holds:
                self.hold(channel, came.publisher, record)
            for listener in listeners:
                listener(record)
            keep(record)
            seen.value += 1
            size.value += len(data)
            channel.last_ns, channel.newest = came.mono_ns, came
            if came.lost:
                lost(channel, came)
        return take

    def heard(self, channel: Channel) -> Iterator[Record]:
        """Yield what is kept of a channel, the newest first."""
        number = (channel.derived or channel).number
        for record in chain(reversed(self.intake.fresh), reversed(self.ring.since(0))):
            if record.channel == number:
                yield record

    def hold(self, channel: Channel, publisher: bytes, record: Record) -> None:
        """Take a message that came before its topic was known to be state as state."""
        if channel.state and channel.derived is None:
            self.latched.observe(publisher or subject(channel.type, record.data), record)

    def _keeper(self, channel: Channel) -> Listener:
        keep = self.intake.fresh.append
        if channel.derived is not None:
            self._assign(channel.derived)
            self._derived[channel.derived.number] = channel.derived
        if channel.type == RAW:
            self.ring.assign(channel.number, self._raw)
        else:
            self._assign(channel)
        if channel.derived is None:
            return keep

        def keep_raw(record: Record) -> None:
            if channel.state:
                self.latched.observe(b'', record)
            keep(record)
        return self.cameras.taker(channel, channel.derived, keep_raw)

    def _assign(self, channel: Channel) -> None:
        rule = self._rule(channel)
        if rule in self._lanes:
            self.ring.assign(channel.number, self._lanes[rule])

    def _thinned(self, channel: Channel) -> Listener:
        keep, rule = self._keeper(channel), self._rule(channel)
        if (rule is None or rule.max_rate is None or channel.state
                or topics.indispensable(channel.name)):
            return keep
        pace = Pace(rule.max_rate)
        count = self._shell.metrics.cell('topic_messages_thinned_total', topic=channel.name)

        def keep_some(record: Record) -> None:
            if pace.lets(record.mono_ns):
                keep(record)
                return
            count.value += 1
            self.losses.note(record.mono_ns, Where.THROTTLE, channel.number)
        return keep_some

    def _rule(self, channel: Channel) -> TopicRule | None:
        return next((rule for rule in self._rules
                     if matches(channel.topic, rule.match, self._shell.namespace)), None)

    def _lost(self, channel: Channel, came: Arrival) -> None:
        if came.lost == UNKNOWN:
            channel.unsure_ns = max(channel.unsure_ns, came.mono_ns)
        else:
            self.losses.note(came.mono_ns, Where.TRANSPORT, channel.number, came.lost)
        self._shell.count_lost(channel.name, came.lost)

    def release(self, now: Now) -> list[Record]:
        """Return, in order, what is certainly complete and now in the ring."""
        self._watch_myself(now.mono)
        self._take_frames(self.cameras.done(now.mono))
        records = self.intake.release(now.mono, self.cameras.oldest_ns)
        self._note_early()
        return records

    def flush(self) -> list[Record]:
        """Return what is left, at the end of the process."""
        self._take_frames(self.cameras.close())
        records = self.intake.flush(time.monotonic_ns())
        self._note_early()
        return records

    def _take_frames(self, frames: list[Record]) -> None:
        for frame in frames:
            if self._derived[frame.channel].state:
                self.latched.observe(b'', frame)
        self.intake.fresh.extend(frames)

    def _note_early(self) -> None:
        for record in self.intake.early:
            self.losses.note(record.mono_ns, Where.RING, record.channel)

    def _watch_myself(self, now_ns: int) -> None:
        late_ns = now_ns - self._stepped_ns if self._stepped_ns else 0
        self._stepped_ns = now_ns
        if late_ns > LATE_NS:
            self._shell.emit(Event(
                EventName.INGEST_LATE, f'nothing was taken in for {late_ns / SECOND:.2f} s: '
                'queues may have overflown', now_ns, {'late_s': f'{late_ns / SECOND:.3f}'}))

    def housekeep(self, now: Now, channels: Collection[Channel]) -> None:
        """Once a second: let go of what is too old, look for silence, bring metrics up to date."""
        self.latched.prune(now.mono)
        self.losses.prune(now.mono)
        metrics = self._shell.metrics
        metrics.set('recorder_ring_bytes', self.ring.bytes + self.latched.bytes)
        metrics.set('recorder_ring_seconds', self.ring.reach_ns(now.mono) / SECOND)
        metrics.set('recorder_state_dropped_total', self.latched.dropped)
        if self.latched.gone:
            self._shell.log.warning('latched topics need more memory than there is for state: '
                                    'snippets will lack some of it', throttle_duration_sec=600.0)
        last = {channel.name: channel.last_ns for channel in channels if channel.last_ns}
        for name, mono_ns in last.items():
            metrics.set('topic_last_message_timestamp_seconds',
                        (mono_ns + now.wall_minus_mono) / SECOND, topic=name)
        self._time_newest(channels)
        self._tell_silence(last, now.mono)

    def _time_newest(self, channels: Collection[Channel]) -> None:
        """Take how long the newest message of each topic was under way, and forget it."""
        for channel in channels:
            came, channel.newest = channel.newest, None
            if came is not None and came.source_ns:
                took_ns = max(0, came.received_ns - came.source_ns)
                self._shell.metrics.observe('topic_latency_seconds', took_ns / SECOND,
                                            topic=channel.name)

    def _tell_silence(self, last: Mapping[str, int], now_ns: int) -> None:
        for change in self._silence.tick(last, expected(last), now_ns):
            name, does = EventName.TOPIC_SILENT, 'has fallen silent'
            if not change.silent:
                name, does = EventName.TOPIC_BACK, 'is heard again'
            silent_s = f'{(now_ns - change.since_ns) / SECOND:.1f}'
            self._shell.emit(Event(
                name, f'{change.topic} {does}, after {silent_s} s', now_ns,
                {'topic': change.topic, 'silent_s': silent_s}))
            self._shell.metrics.set('topic_silent', float(change.silent), topic=change.topic)


def expected(names: Iterable[str]) -> dict[str, float]:
    """Return the nominal rates of those topics that come whoever drives."""
    rows = {name: topics.find(name) for name in names}
    return {name: row.rate for name, row in rows.items()
            if row is not None and row.rate and row.writer not in ('policy', 'teleop_relay')}
