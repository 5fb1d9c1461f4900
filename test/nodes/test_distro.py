"""What the distribution module says is true of the distribution that runs."""

from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
from rclpy.qos import QoSProfile
from std_msgs.msg import UInt32

from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.nodes import distro
from test.harness import Bench

QOS = QoSProfile(depth=10)


class Wire:
    """A publisher, a subscription, and what rclpy says of a message between them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.node = rclpy.create_node('apart', namespace=bench.namespace)  # nobody spins it
        self.subscription = self.node.create_subscription(
            UInt32, 'numbers', lambda _: None, QOS,
            event_callbacks=distro.SubscriptionEventCallbacks(use_default_callbacks=False))
        self.publisher = self.add()

    def add(self) -> Any:
        publisher = self.node.create_publisher(
            UInt32, 'numbers', QOS,
            event_callbacks=distro.PublisherEventCallbacks(use_default_callbacks=False))
        self.bench.until(publisher.get_subscription_count, 'discovery')
        return publisher

    def infos(self) -> Iterator[Any]:
        return iter(self.node.get_publishers_info_by_topic(self.subscription.topic_name))

    def taken(self) -> dict[str, Any]:
        self.publisher.publish(UInt32(data=1))
        take = self.subscription.handle.take_message
        return dict(self.bench.until(lambda: take(UInt32, True), 'a message')[1])


@pytest.fixture
def wire(bench: Bench) -> Iterator[Wire]:
    made = Wire(bench)
    yield made
    made.node.destroy_node()


def test_a_message_names_its_publisher_where_the_module_says_so(wire: Wire) -> None:
    info = wire.taken()
    gid = next(wire.infos()).endpoint_gid
    assert distro.publisher_of(info) == (bytes(gid) if distro.NAMES_PUBLISHERS else b'')
    assert distro.sequence_of(info) == 1


def test_a_message_of_humble_tells_neither_publisher_nor_number() -> None:
    info = {'source_timestamp': 1, 'received_timestamp': 2}
    assert (distro.publisher_of(info), distro.sequence_of(info)) == (b'', 0)


def test_the_only_publisher_is_known_until_there_are_two(wire: Wire, bench: Bench) -> None:
    topic = wire.subscription.topic_name
    bench.until(lambda: distro.connected(wire.subscription) == 1, 'the first')
    gid = bytes(next(wire.infos()).endpoint_gid)
    assert distro.sole_publisher(wire.node, topic) == gid
    assert distro.sole_publisher(wire.node, topic + '_nobody') == b''
    wire.add()
    bench.until(lambda: distro.connected(wire.subscription) == 2, 'the second')
    assert distro.sole_publisher(wire.node, topic) == b''


def test_the_hash_of_a_type_is_that_of_its_definition(wire: Wire) -> None:
    assert distro.type_hash_of(next(wire.infos())) == msgdefs.type_hash('std_msgs/msg/UInt32')
    assert distro.type_hash_of(object()) == ''


def test_a_context_of_its_own_ends_with_its_block_whatever_happens() -> None:
    context = rclpy.Context()
    with pytest.raises(ValueError, match='inside'), distro.ros(context=context) as given:
        assert given is context and context.ok()
        raise ValueError('inside')
    assert not context.ok()
    assert rclpy.ok(), 'the default context goes on'
