"""Follows the graph: subscribes raw to each wanted topic, with the QoS its publishers offer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
import time
from typing import Protocol

from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.offers import distinct, Offer, subscriptions
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.selection import Selection
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.nodes.distro import type_hash_of
from flywheel_nodes.nodes.inlet import Incompatible, Tap
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.nodes.once import Once, Receive
from flywheel_nodes.nodes.shell import Shell

NAMES_EVERY = SECOND // 5
COUNT_EVERY = SECOND
OFFERS_EVERY = 5 * SECOND
RAW_PATIENCE = 2 * SECOND
OVERLAP = 2 * SECOND
RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
MOST_TOPICS = 500
MOST_NAMES = 5000


@dataclass
class Channel:
    """
    A topic that is being received; numbers are never used twice.

    leaving: subscriptions that others have replaced, and until when they stay; derived: of a raw
    camera, the channel of what is made of it; last_ns: when the last message came, on the wall
    clock; unsure_ns: when the last one came of which nobody knows whether others are missing
    before it, on the monotonic clock.
    """

    number: int
    topic: str
    name: str
    type: str
    offers: tuple[Offer, ...] = ()
    type_hash: str = ''
    derived: 'Channel | None' = None
    taps: dict[Qos, Tap] = field(default_factory=dict)
    leaving: dict[Qos, tuple[Tap, int]] = field(default_factory=dict)
    receive: Receive | None = None
    publishers: int = 0
    due_ns: int = 0
    count_due_ns: int = 0
    last_ns: int = 0
    unsure_ns: int = -1

    @property
    def state(self) -> bool:
        """Whether the last message holds until the next one."""
        row = topics.find(self.name)
        return row.state if row else any(offer.latched for offer in self.offers)


class Memory(Protocol):
    """What a channel has had, for the moment at which it is received in another way."""

    def heard(self, channel: Channel) -> Iterable[Record]:
        """Return what is still kept, the newest first."""

    def hold(self, channel: Channel, publisher: bytes, record: Record) -> None:
        """Learn whose a message was, because a subscription that keeps state got it again."""


class GraphWatch:
    """The channels of a recorder."""

    def __init__(self, shell: Shell, selection: Selection, depth: int,
                 receiver: Callable[[Channel], Receive],
                 memory: Memory) -> None:
        """
        Begin with the topics that are read whatever the graph says.

        :param depth: of each subscription's queue
        :param receiver: makes the function that takes a channel's messages
        :param memory: of what the receivers have taken
        """
        self._shell = shell
        self._wants = lru_cache(MOST_NAMES)(selection.wants)
        self._depth = depth
        self._receiver = receiver
        self._memory = memory
        self._due_ns = 0
        self._known: dict[str, Channel] = {}
        self._skipped: dict[str, str] = {}
        self._raw_since: dict[str, int] = {}
        self.channels: dict[int, Channel] = {}
        for topic in (topics.EVENTS, topics.CONTROL, topics.POLICY_INFO):
            full = topics.absolute(topic.name, shell.namespace)
            self._subscribe(self._begin(full, topic.type),
                            (Qos(depth, topic.qos.reliable, topic.qos.latched),), 0)

    def poll(self, now: Now) -> None:
        """Look at the graph from time to time."""
        if now.mono < self._due_ns:
            return
        self._due_ns = now.mono + NAMES_EVERY
        for name, types in self._shell.node.get_topic_names_and_types():
            if self._wants(name) and name not in self._skipped:
                self._look(name, types[0], now.mono)
        self._let_go(now.mono)
        self._shell.metrics.set('recorder_topics', len(self.channels))
        self._shell.metrics.set('recorder_topics_skipped', len(self._skipped))

    def _look(self, name: str, type_: str, now_ns: int) -> None:
        channel = self._known.get(name)
        if channel is not None and not self._due(channel, now_ns):
            return
        if type_ == RAW and self._compressed_by_others(name, channel, now_ns):
            return
        publishers = self._shell.node.get_publishers_info_by_topic(name)
        if not publishers:
            return
        try:
            channel = channel or self._begin(name, publishers[0].topic_type or type_)
        except ConfigError as error:
            self._skip(name, str(error))
            return
        channel.due_ns, channel.count_due_ns = now_ns + OFFERS_EVERY, now_ns + COUNT_EVERY
        channel.publishers = len(publishers)
        ours = [one for one in publishers if one.topic_type == channel.type]
        if ours:
            self._adapt(channel, ours, now_ns)

    def _adapt(self, channel: Channel, publishers: list[TopicEndpointInfo], now_ns: int) -> None:
        """Receive a channel as fits what its publishers offer now."""
        held = channel.state
        channel.offers = distinct(map(_offer, publishers))
        channel.type_hash = channel.type_hash or type_hash_of(publishers[0])
        if channel.derived is not None:
            channel.derived.offers = channel.offers
        if channel.taps and channel.state != held:
            self._renew(channel, several=True)
        self._subscribe(channel, subscriptions(channel.offers, self._depth), now_ns)

    def _compressed_by_others(self, name: str, channel: Channel | None, now_ns: int) -> bool:
        """
        Tell whether to leave a raw image alone: its publisher compresses it too, or still may.

        A publisher announces the raw topic first, so a new one is given a while.
        """
        since = self._raw_since.setdefault(name, now_ns)
        if not self._shell.node.count_publishers(f'{name}/compressed'):
            return now_ns - since < RAW_PATIENCE
        if channel is not None:
            channel.due_ns, channel.count_due_ns = now_ns + OFFERS_EVERY, now_ns + COUNT_EVERY
            for qos in list(channel.taps):
                self._shell.inlet.close(channel.taps.pop(qos))
        return True

    def _due(self, channel: Channel, now_ns: int) -> bool:
        """Tell whether to read the offers: in a while, or as soon as their number changes."""
        if now_ns >= channel.due_ns:
            return True
        if now_ns < channel.count_due_ns:
            return False
        channel.count_due_ns = now_ns + COUNT_EVERY
        return bool(self._shell.node.count_publishers(channel.topic) != channel.publishers)

    def _begin(self, name: str, type_: str) -> Channel:
        if len(self.channels) >= MOST_TOPICS:
            raise ConfigError(f'more than {MOST_TOPICS} topics: narrow include or exclude')
        message_class(type_)
        number = len(self.channels) + 1
        channel = Channel(number, name, topics.relative(name, self._shell.namespace), type_)
        self._known[name] = self.channels[number] = channel
        if type_ == RAW:
            compressed = f'{name}/compressed'
            channel.derived = self._known.get(compressed) or self._begin(compressed, COMPRESSED)
        return channel

    def _skip(self, name: str, because: str) -> None:
        if len(self._skipped) < MOST_TOPICS:
            self._skipped[name] = because
        self._shell.log.warning(f'{name} is not recorded: {because}')

    def _subscribe(self, channel: Channel, wanted: tuple[Qos, ...], now_ns: int) -> None:
        """
        Add what is missing; what is not wanted any more leaves later.

        Publishers need a moment to discover a new subscription: meanwhile the old one hears them.
        """
        if set(wanted) == set(channel.taps):
            return
        self._renew(channel, several=bool(channel.taps) or len(wanted) > 1)
        for qos in set(channel.taps) - set(wanted):
            channel.leaving[qos] = channel.taps.pop(qos), now_ns + OVERLAP
        for qos in set(wanted) - set(channel.taps):
            staying = channel.leaving.pop(qos, None)
            channel.taps[qos] = staying[0] if staying else self._tap(channel, qos)

    def _tap(self, channel: Channel, qos: Qos) -> Tap:
        return self._shell.inlet.subscribe(
            message_class(channel.type), channel.topic, to_qos(qos),
            lambda data, arrival: channel.receive(data, arrival),  # type: ignore[misc]
            raw=True, on_incompatible=lambda e: self._incompatible(channel, qos, e))

    def _let_go(self, now_ns: int) -> None:
        for channel in self.channels.values():
            for qos, (tap, until_ns) in list(channel.leaving.items()):
                if now_ns >= until_ns:
                    del channel.leaving[qos]
                    self._shell.inlet.close(tap)

    def _renew(self, channel: Channel, several: bool) -> None:
        """Have a channel received as fits what is offered now, and each message once."""
        receive = self._receiver(channel)
        if isinstance(channel.receive, Once):
            channel.receive.receive = receive
        elif several or channel.state:
            channel.receive = Once(receive, self._memory.heard(channel),
                                   partial(self._memory.hold, channel))
        else:
            channel.receive = receive

    def _incompatible(self, channel: Channel, qos: Qos, event: Incompatible) -> None:
        """Have the next loop say so and adapt, if no other subscription is for that publisher."""
        if qos not in channel.taps or (qos.latched and len(channel.taps) > 1):
            return

        def adapt() -> None:
            channel.due_ns = self._due_ns = 0
            self._shell.emit(Event(
                EventName.QOS_INCOMPATIBLE,
                f'{channel.name}: {event.node} cannot connect to us: {event.because}',
                time.monotonic_ns(),
                {'topic': channel.name, 'policy': str(event.because)}))
        self._shell.later(adapt)


def _offer(info: TopicEndpointInfo) -> Offer:
    qos = info.qos_profile
    return Offer(
        qos.reliability.name.lower(), qos.durability.name.lower(), qos.history.name.lower(),
        qos.depth, qos.deadline.nanoseconds, qos.lifespan.nanoseconds,
        qos.liveliness.name.lower(), qos.liveliness_lease_duration.nanoseconds)
