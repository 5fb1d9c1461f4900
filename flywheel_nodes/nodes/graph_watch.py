"""Follows the graph: subscribes raw to each wanted topic, with the QoS its publishers offer."""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
import time
from typing import Protocol

from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.offers import distinct, subscriptions
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.core.recording.selection import Selection
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.nodes.channel import Channel, COMPRESSED, offer_of, RAW
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
RETRY_EVERY = 60 * SECOND
MOST_TOPICS = 500
MOST_CHANNELS = 10 * MOST_TOPICS
MOST_NAMES = 5000


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
        self._selection = selection
        self._wants = lru_cache(MOST_NAMES)(selection.wants)
        self._depth = depth
        self._receiver = receiver
        self._memory = memory
        self._due_ns = 0
        self._known: dict[str, Channel] = {}
        self._types: dict[str, list[str]] = {}
        self._skipped: dict[str, tuple[str, int]] = {}
        self._lines: dict[str, list[tuple[int, int]]] = {}
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
        self._types = dict(self._shell.node.get_topic_names_and_types())
        for name, types in self._types.items():
            if self._wants(name) and not self._skips(name, types[0], now.mono):
                self._look(name, types[0], now.mono)
        self._let_go(now.mono)
        self._shell.metrics.set('recorder_topics', len(self._received()))
        self._shell.metrics.set('recorder_topics_skipped', len(self._skipped))

    def rivals(self, at_ns: int) -> dict[int, int]:
        """
        Return the channels that a bag begun at a time leaves out, and which it has instead.

        A bag has one type a topic, so of channels of the same name it takes the latest by then.
        """
        found = {}
        for line in self._lines.values():
            kept = [number for begun_ns, number in line if begun_ns <= at_ns][-1]
            found.update({number: kept for _, number in line if number != kept})
        return found

    def _look(self, name: str, type_: str, now_ns: int) -> None:
        channel = self._known.get(name)
        if channel is not None and not self._due(channel, now_ns):
            return
        if type_ == RAW and self._compressed_by_others(name, channel, now_ns):
            return
        publishers = self._shell.node.get_publishers_info_by_topic(name)
        channel = self._still(channel, publishers)
        if not publishers:
            return
        try:
            channel = channel or self._begin(name, publishers[0].topic_type or type_)
        except ConfigError as error:
            self._skip(name, type_, str(error), now_ns)
            return
        self._skipped.pop(name, None)
        channel.due_ns, channel.count_due_ns = now_ns + OFFERS_EVERY, now_ns + COUNT_EVERY
        channel.publishers = len(publishers)
        ours = [one for one in publishers if one.topic_type == channel.type]
        if ours:
            self._adapt(channel, ours, now_ns)

    def _still(self, channel: Channel | None,
               publishers: list[TopicEndpointInfo]) -> Channel | None:
        """Return a channel unless all that publish on its topic now have another type."""
        if channel is None:
            return None
        channel.publishers = len(publishers)
        if channel.taps and publishers and not any(map(channel.fits, publishers)):
            self._retire(channel)
            return None
        return channel

    def _retire(self, channel: Channel) -> None:
        """Receive a channel no more; should its name come again, that is another channel."""
        for tap in (*channel.taps.values(), *(tap for tap, _ in channel.leaving.values())):
            self._shell.inlet.close(tap)
        channel.taps.clear()
        channel.leaving.clear()
        del self._known[channel.topic]

    def _adapt(self, channel: Channel, publishers: list[TopicEndpointInfo], now_ns: int) -> None:
        """Receive a channel as fits what its publishers offer now."""
        held = channel.state
        channel.offers = distinct(map(offer_of, publishers))
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
        since, compressed = self._raw_since.setdefault(name, now_ns), f'{name}/compressed'
        if not self._wants(compressed):
            return False
        if (COMPRESSED not in self._types.get(compressed, ())
                or not self._shell.node.count_publishers(compressed)):
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
        message_class(type_)
        if not self._make_room():
            raise ConfigError(f'more than {MOST_TOPICS} topics: narrow include or exclude')
        number = len(self.channels) + 1
        channel = Channel(number, name, topics.relative(name, self._shell.namespace), type_)
        earlier = [one.number for one in self.channels.values() if one.topic == name]
        if earlier:
            self._lines.setdefault(name, [(0, earlier[0])]).append((time.monotonic_ns(), number))
        self._known[name] = self.channels[number] = channel
        compressed = f'{name}/compressed'
        if type_ == RAW and not self._selection.excludes(compressed):
            derived = self._known.get(compressed) or self._begin(compressed, COMPRESSED)
            channel.derived = derived if derived.type == COMPRESSED else None
        return channel

    def _make_room(self) -> bool:
        """Tell whether one more topic may be received, if need be instead of one that is gone."""
        if len(self.channels) >= MOST_CHANNELS:
            return False
        received = self._received()
        if len(received) < MOST_TOPICS:
            return True
        gone = [one for one in received
                if not one.publishers and not topics.indispensable(one.name)]
        if gone:
            self._retire(min(gone, key=lambda one: one.last_ns))
        return bool(gone)

    def _received(self) -> list[Channel]:
        return [channel for channel in self.channels.values() if channel.taps]

    def _skips(self, name: str, type_: str, now_ns: int) -> bool:
        """Tell whether a topic need not be tried again yet: not with this type, for a while."""
        tried, until_ns = self._skipped.get(name, ('', 0))
        return tried == type_ and now_ns < until_ns

    def _skip(self, name: str, type_: str, because: str, now_ns: int) -> None:
        if self._skipped.get(name, ('', 0))[0] != type_:
            self._shell.log.warning(f'{name} is not recorded: {because}')
        if name in self._skipped or len(self._skipped) < MOST_TOPICS:
            self._skipped[name] = type_, now_ns + RETRY_EVERY

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
