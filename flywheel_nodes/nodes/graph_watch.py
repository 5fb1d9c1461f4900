"""Follows the graph: subscribes raw to each wanted topic, with the QoS its publishers offer."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
import time
from typing import Any

from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.offers import distinct, Offer, subscriptions
from flywheel_nodes.core.recording.selection import Selection
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.nodes.distro import type_hash_of
from flywheel_nodes.nodes.inlet import Arrival, Tap
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.nodes.shell import Shell

NAMES_EVERY = SECOND // 5
COUNT_EVERY = SECOND
OFFERS_EVERY = 5 * SECOND
MOST_TOPICS = 500
MOST_NAMES = 5000
Receive = Callable[[bytes, Arrival], None]


@dataclass
class Channel:
    """
    A topic that is being received; numbers are never used twice.

    last_ns: when the last message came, on the wall clock; unsure_ns: when the last one came of
    which nobody knows whether others are missing before it, on the monotonic clock.
    """

    number: int
    topic: str
    name: str
    type: str
    offers: tuple[Offer, ...] = ()
    type_hash: str = ''
    taps: dict[Qos, Tap] = field(default_factory=dict)
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


class GraphWatch:
    """The channels of a recorder."""

    def __init__(self, shell: Shell, selection: Selection, depth: int,
                 receiver: Callable[[Channel], Receive]) -> None:
        """
        Begin with the topics that are read whatever the graph says.

        :param depth: of each subscription's queue
        :param receiver: makes the function that takes a channel's messages
        """
        self._shell = shell
        self._wants = lru_cache(MOST_NAMES)(selection.wants)
        self._depth = depth
        self._receiver = receiver
        self._due_ns = 0
        self._known: dict[str, Channel] = {}
        self._skipped: dict[str, str] = {}
        self.channels: dict[int, Channel] = {}
        for topic in (topics.EVENTS, topics.CONTROL, topics.POLICY_INFO):
            full = topics.absolute(topic.name, shell.namespace)
            self._subscribe(self._begin(full, topic.type),
                            (Qos(depth, topic.qos.reliable, topic.qos.latched),))

    def poll(self, now: Now) -> None:
        """Look at the graph from time to time."""
        if now.mono < self._due_ns:
            return
        self._due_ns = now.mono + NAMES_EVERY
        for name, types in self._shell.node.get_topic_names_and_types():
            if self._wants(name) and name not in self._skipped:
                self._look(name, types[0], now.mono)
        self._shell.metrics.set('recorder_topics', len(self.channels))
        self._shell.metrics.set('recorder_topics_skipped', len(self._skipped))

    def _look(self, name: str, type_: str, now_ns: int) -> None:
        channel = self._known.get(name)
        if channel is not None and not self._due(channel, now_ns):
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
        channel.offers = distinct(map(_offer, publishers))
        channel.type_hash = channel.type_hash or type_hash_of(publishers[0])
        self._subscribe(channel, subscriptions(channel.offers, self._depth))

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
        return channel

    def _skip(self, name: str, because: str) -> None:
        if len(self._skipped) < MOST_TOPICS:
            self._skipped[name] = because
        self._shell.log.warning(f'{name} is not recorded: {because}')

    def _subscribe(self, channel: Channel, wanted: tuple[Qos, ...]) -> None:
        """Add what is missing before taking away what is not wanted: nothing falls between."""
        if set(wanted) == set(channel.taps):
            return
        self._renew(channel, several=bool(channel.taps) or len(wanted) > 1)
        for qos in set(wanted) - set(channel.taps):
            channel.taps[qos] = self._shell.inlet.subscribe(
                message_class(channel.type), channel.topic, to_qos(qos),
                lambda data, arrival: channel.receive(data, arrival),  # type: ignore[misc]
                raw=True, on_incompatible=lambda e: self._incompatible(channel, e))
        for qos in set(channel.taps) - set(wanted):
            self._shell.inlet.close(channel.taps.pop(qos))

    def _renew(self, channel: Channel, several: bool) -> None:
        """Have a channel received as fits what is offered now, and each message once."""
        receive = self._receiver(channel)
        if isinstance(channel.receive, Once):
            channel.receive.receive = receive
        else:
            channel.receive = Once(receive) if several or channel.state else receive

    def _incompatible(self, channel: Channel, event: Any) -> None:
        """Have the next loop say so and adapt."""
        def adapt() -> None:
            channel.due_ns = self._due_ns = 0
            self._shell.emit(Event(
                EventName.QOS_INCOMPATIBLE,
                f'{channel.name}: {event.node} cannot connect to us: {event.because}',
                time.monotonic_ns(),
                {'topic': channel.name, 'policy': str(event.because)}))
        self._shell.later(adapt)


class Once:
    """Lets each message pass once, though several subscriptions receive it."""

    def __init__(self, receive: Receive, most: int = 2000) -> None:
        """Remember at most that many messages."""
        self.receive = receive
        self._seen: OrderedDict[tuple[bytes, int, int], None] = OrderedDict()
        self._most = most

    def __call__(self, data: bytes, arrival: Arrival) -> None:
        """Take a message unless it came before."""
        key = (arrival.publisher, arrival.sequence, arrival.source_ns)
        if key in self._seen:
            return
        self._seen[key] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        self.receive(data, arrival)


def _offer(info: TopicEndpointInfo) -> Offer:
    qos = info.qos_profile
    return Offer(
        qos.reliability.name.lower(), qos.durability.name.lower(), qos.history.name.lower(),
        qos.depth, qos.deadline.nanoseconds, qos.lifespan.nanoseconds,
        qos.liveliness.name.lower(), qos.liveliness_lease_duration.nanoseconds)
