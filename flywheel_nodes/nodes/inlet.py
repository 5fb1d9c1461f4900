"""
The one way our nodes receive: draining each subscription's queue directly.

rclpy's executor costs several times what the message does. Here a callback group that never
executes keeps subscriptions out of the executor's wait set, and the node's own loop takes what
has queued up. `handle.take_message` is the only call beyond rclpy's documented interface; it is
checked at start. Services and parameters stay with a standard executor. QoS events do not: one
event handler of a subscription that no wait set holds keeps Fast DDS's wait awake for ever, so the
graph is asked instead, which also knows of publishers with another type.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility, QoSProfile
from rclpy.subscription import Subscription

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.loss import SequenceGaps, SoleGaps, UNKNOWN
from flywheel_nodes.nodes import distro

FOREVER = 1 << 63
READ_EVERY = 5


class Arrival(NamedTuple):
    """
    How a message came.

    mono_ns: RMW receive time on the monotonic clock; received_ns, source_ns: receive and send
    time on the wall clock; sequence: the publisher's number, publisher: its GID (0 and b'' where
    the distribution does not tell); lost: messages of it missing before this one, or UNKNOWN.
    """

    mono_ns: int
    received_ns: int
    source_ns: int
    sequence: int
    publisher: bytes
    lost: int


class Incompatible(NamedTuple):
    """A publisher that never connects to our subscription: its node, and why not."""

    node: str
    because: str


class _Parked(CallbackGroup):
    """A group whose members no executor ever takes."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        return None


class Inlet:
    """The subscriptions of one node."""

    def __init__(self, node: Node) -> None:
        """Begin without subscriptions."""
        self._node = node
        self._group = _Parked()
        self._taps: list[Tap] = []
        self._watches: dict[Tap, Watch] = {}

    def subscribe(self, type_: Any, name: str, qos: QoSProfile,
                  callback: Callable[[Any, Arrival], None], *, raw: bool = False,
                  on_incompatible: Callable[[Incompatible], None] | None = None) -> 'Tap':
        """
        Subscribe; the callback gets messages (bytes when raw) as drain() is called.

        :param on_incompatible: called by look_around(), once for each such publisher
        """
        events = distro.SubscriptionEventCallbacks(use_default_callbacks=False)
        subscription = self._node.create_subscription(
            type_, name, lambda _: None, qos, callback_group=self._group, raw=raw,
            event_callbacks=events)
        _require_take_message(subscription)
        tap = Tap(self._node, subscription, type_, callback, raw)
        self._taps.append(tap)
        if on_incompatible:
            self._watches[tap] = Watch(self._node, tap, qos, on_incompatible)
        return tap

    def close(self, tap: 'Tap') -> None:
        """End one subscription."""
        self._taps.remove(tap)
        self._watches.pop(tap, None)
        self._node.destroy_subscription(tap.subscription)

    def drain(self, wall_minus_mono_ns: int, latest_ns: int = FOREVER) -> int:
        """
        Hand every waiting message to its callback; return how many there were.

        :param latest_ns: now: a wall clock set back meanwhile makes nothing arrive in the future
        """
        return sum(tap.drain(wall_minus_mono_ns, latest_ns) for tap in self._taps)

    def look_around(self) -> None:
        """Tell of publishers that cannot connect to us; a look at the graph per topic."""
        for watch in list(self._watches.values()):
            watch.look()


class Watch:
    """The publishers of one subscription's topic that cannot connect to it."""

    def __init__(self, node: Node, tap: 'Tap', qos: QoSProfile,
                 tell: Callable[[Incompatible], None]) -> None:
        """Begin without any."""
        self._node = node
        self._topic = tap.subscription.topic_name
        self._type = tap.type_name
        self._qos = qos
        self._tell = tell
        self._told: set[bytes] = set()
        self._looks = self._count = 0

    def look(self) -> None:
        """Tell of those that were not there at the last look."""
        self._looks += 1
        count = self._node.count_publishers(self._topic)
        if count == self._count and self._looks % READ_EVERY:
            return  # to read the graph costs ten times what counting does
        self._count = count
        found = {}
        for info in self._node.get_publishers_info_by_topic(self._topic):
            because = self._against(info)
            if because:
                found[bytes(info.endpoint_gid)] = Incompatible(info.node_name, because)
        for publisher in found.keys() - self._told:
            self._tell(found[publisher])
        self._told = set(found)

    def _against(self, info: Any) -> str:
        if info.topic_type != self._type:
            return f'type {info.topic_type} instead of {self._type}'
        verdict, because = qos_check_compatible(info.qos_profile, self._qos)
        return str(because) if verdict == QoSCompatibility.ERROR else ''


def _require_take_message(subscription: Subscription) -> None:
    if not hasattr(subscription.handle, 'take_message'):
        raise ConfigError('this rclpy has no Subscription.handle.take_message: flywheel runs on '
                          'Humble, Jazzy, Kilted and Lyrical')


class Tap:
    """One subscription and where its messages go."""

    def __init__(self, node: Node, subscription: Subscription, type_: Any,
                 callback: Callable[[Any, Arrival], None], raw: bool) -> None:
        """Wire a parked subscription to a callback."""
        self.subscription = subscription
        self._take = subscription.handle.take_message
        self._type = type_
        self._raw = raw
        self._callback = callback
        self._gaps = SequenceGaps()
        self._sole_gaps = SoleGaps(
            lambda: distro.sole_publisher(node, subscription.topic_name))

    @property
    def type_name(self) -> str:
        """The type as package/msg/Type."""
        package, kind, *_ = self._type.__module__.split('.')
        return f'{package}/{kind}/{self._type.__name__}'

    def drain(self, wall_minus_mono_ns: int, latest_ns: int = FOREVER) -> int:
        """Take until the queue is empty, but no more than a bounded batch."""
        taken, take, type_, raw = 0, self._take, self._type, self._raw
        with self.subscription.handle:
            if not distro.NAMES_PUBLISHERS:
                self._sole_gaps.begin(distro.connected(self.subscription))
            while taken < 2000:  # a flood must not starve the loop
                found = take(type_, raw)
                if found is None:
                    break
                taken += 1
                message, info = found
                received = info['received_timestamp']
                publisher, sequence = distro.publisher_of(info), distro.sequence_of(info)
                self._callback(message, Arrival(
                    min(received - wall_minus_mono_ns, latest_ns), received,
                    info['source_timestamp'], sequence, publisher,
                    self._lost(publisher, sequence)))
        return taken

    def _lost(self, publisher: bytes, sequence: int) -> int:
        if not sequence:
            return UNKNOWN
        if publisher:
            return self._gaps.observe(publisher, sequence)
        return self._sole_gaps.observe(sequence)
