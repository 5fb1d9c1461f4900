"""
The one way our nodes receive: draining each subscription's queue directly.

rclpy's executor costs several times what the message does. Here a callback group that never
executes keeps subscriptions out of the executor's wait set, and the node's own loop takes what
has queued up. `handle.take_message` is the only call beyond rclpy's documented interface; it is
checked at start. Services, parameters and QoS events stay with a standard executor.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.loss import SequenceGaps


class Arrival(NamedTuple):
    """
    How a message came.

    mono_ns: RMW receive time on the monotonic clock; received_ns, source_ns: receive and send
    time on the wall clock; sequence: the publisher's number, publisher: its GID (b'' where the
    distribution does not tell); lost: messages of it missing before this one, -1 if unknown.
    """

    mono_ns: int
    received_ns: int
    source_ns: int
    sequence: int
    publisher: bytes
    lost: int


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

    def subscribe(self, type_: Any, name: str, qos: QoSProfile,
                  callback: Callable[[Any, Arrival], None], *, raw: bool = False,
                  on_incompatible: Callable[[Any], None] | None = None) -> 'Tap':
        """
        Subscribe; the callback gets messages (bytes when raw) as drain() is called.

        :param on_incompatible: called from the executor's thread with rclpy's QoS event
        """
        events = SubscriptionEventCallbacks(incompatible_qos=on_incompatible)
        subscription = self._node.create_subscription(
            type_, name, lambda _: None, qos, callback_group=self._group, raw=raw,
            event_callbacks=events)
        _require_take_message(subscription)
        self._wake_events(subscription)
        tap = Tap(subscription, type_, callback, raw)
        self._taps.append(tap)
        return tap

    def _wake_events(self, subscription: Subscription) -> None:
        # Handlers inherit the parked group and would never fire.
        for handler in subscription.event_handlers:
            handler.callback_group = self._node.default_callback_group
            self._node.default_callback_group.add_entity(handler)

    def close(self, tap: 'Tap') -> None:
        """End one subscription."""
        self._taps.remove(tap)
        self._node.destroy_subscription(tap.subscription)

    def drain(self, wall_minus_mono_ns: int) -> int:
        """Hand every waiting message to its callback; return how many there were."""
        return sum(tap.drain(wall_minus_mono_ns) for tap in self._taps)


def _require_take_message(subscription: Subscription) -> None:
    if not hasattr(subscription.handle, 'take_message'):
        raise ConfigError('this rclpy has no Subscription.handle.take_message: flywheel runs on '
                          'Humble, Jazzy, Kilted and Lyrical')


class Tap:
    """One subscription and where its messages go."""

    def __init__(self, subscription: Subscription, type_: Any,
                 callback: Callable[[Any, Arrival], None], raw: bool) -> None:
        """Wire a parked subscription to a callback."""
        self.subscription = subscription
        self._take = subscription.handle.take_message
        self._type = type_
        self._raw = raw
        self._callback = callback
        self._gaps = SequenceGaps()

    def drain(self, wall_minus_mono_ns: int) -> int:
        """Take until the queue is empty, but no more than a bounded batch."""
        taken = 0
        with self.subscription.handle:
            while taken < 2000:  # a flood must not starve the loop
                found = self._take(self._type, self._raw)
                if found is None:
                    break
                taken += 1
                self._callback(found[0], self._arrival(found[1], wall_minus_mono_ns))
        return taken

    def _arrival(self, info: dict[str, Any], wall_minus_mono_ns: int) -> Arrival:
        gid, sequence = info.get('publisher_gid'), info['publication_sequence_number']
        received = info['received_timestamp']
        publisher = gid['data'] if gid else b''
        lost = self._gaps.observe(publisher, sequence) if publisher and sequence else -1
        return Arrival(received - wall_minus_mono_ns, received, info['source_timestamp'],
                       sequence or 0, publisher, lost)
