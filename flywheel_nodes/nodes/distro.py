"""
Where the ROS 2 distributions differ for us: here, each with its reason.

Everything else uses what exists in Humble, Jazzy, Kilted and Lyrical alike. (How discovery is kept
on this machine differs too, but must be said before rclpy is imported: effects/domains.py.)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import rclpy
from rclpy import subscription as _subscription
from rclpy.context import Context
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble calls the module otherwise
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks

__all__ = ['NAMES_PUBLISHERS', 'PublisherEventCallbacks', 'SubscriptionEventCallbacks',
           'connected', 'publisher_of', 'ros', 'sequence_of', 'sole_publisher', 'type_hash_of']

# Messages name their publisher from Kilted on; before, losses are known of a sole publisher only.
NAMES_PUBLISHERS = 'publisher_gid' in getattr(
    getattr(_subscription, 'MessageInfo', None), '__annotations__', ())


@contextmanager
def ros(args: Sequence[str] = (), context: Context | None = None,
        domain: int | None = None) -> Iterator[Context]:
    """Have rclpy run, signals left to us; its own init() is a context manager from Kilted on."""
    context = context or rclpy.get_default_context()
    rclpy.init(args=list(args), context=context, domain_id=domain,
               signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield context
    finally:
        rclpy.try_shutdown(context=context)


def publisher_of(info: Mapping[str, Any]) -> bytes:
    """Return the GID of a message's publisher, b'' where messages do not name it."""
    gid = info.get('publisher_gid')
    return bytes(gid['data']) if gid else b''


def sequence_of(info: Mapping[str, Any]) -> int:
    """Return a message's number, from 1; 0 on Humble, which does not tell."""
    return info.get('publication_sequence_number') or 0


def connected(subscription: Subscription) -> int:
    """Return how many publishers a subscription hears; Humble cannot say: as if several."""
    count = getattr(subscription.handle, 'get_publisher_count', None)
    return count() if count else 2


def sole_publisher(node: Node, topic: str) -> bytes:
    """Return the GID of a topic's only publisher, b'' where there are several or none."""
    publishers = node.get_publishers_info_by_topic(topic)
    return bytes(publishers[0].endpoint_gid) if len(publishers) == 1 else b''


def type_hash_of(info: TopicEndpointInfo) -> str:
    """Return the hash of an endpoint's type (RIHS01); '' on Humble, which does not tell."""
    text = str(getattr(info, 'topic_type_hash', ''))
    return text if text.startswith('RIHS') else ''
