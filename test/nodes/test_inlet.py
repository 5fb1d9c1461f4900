"""Draining the queue loses nothing that fits it, and knows what did not."""

from collections.abc import Iterator
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String, UInt32

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.loss import UNKNOWN
from flywheel_nodes.core.topics import EVENTS, POLICY_INFO
from flywheel_nodes.core.wire import event_from_status
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.inlet import Arrival, Incompatible, Inlet
from flywheel_nodes.nodes.shell import Shell
from test.harness import Bench

RELIABLE = ReliabilityPolicy.RELIABLE
LATCHED = DurabilityPolicy.TRANSIENT_LOCAL
DEEP = QoSProfile(depth=5000, reliability=RELIABLE)
QUIET = distro.PublisherEventCallbacks(use_default_callbacks=False)


class Ear:
    """What an inlet handed out."""

    def __init__(self, bench: Bench, depth: int, *, raw: bool = False) -> None:
        self.inlet = Inlet(bench.probe.node)
        self.got: list[tuple[Any, Arrival]] = []
        qos = QoSProfile(depth=depth, reliability=RELIABLE)
        self.tap = self.inlet.subscribe(UInt32, 'numbers', qos, self._take, raw=raw)
        self.publisher = bench.probe.node.create_publisher(UInt32, 'numbers', DEEP)
        bench.until(lambda: self.publisher.get_subscription_count() == 1, 'discovery')

    def _take(self, message: Any, arrival: Arrival) -> None:
        self.got.append((message, arrival))

    def drain(self) -> None:
        self.inlet.drain(0)


@pytest.mark.parametrize('raw', [False, True])
def test_a_burst_of_4000_arrives_whole_and_in_order(bench: Bench, raw: bool) -> None:
    ear = Ear(bench, depth=5000, raw=raw)
    for number in range(4000):
        ear.publisher.publish(UInt32(data=number))
    bench.until(lambda: len(ear.got) >= 4000, '4000 messages', each=ear.drain)
    numbers = [int.from_bytes(m[4:8], 'little') if raw else m.data for m, _ in ear.got]
    assert numbers == list(range(4000))
    assert sum(arrival.lost for _, arrival in ear.got) == 0


def test_what_overflows_a_shallow_queue_is_counted_as_lost(bench: Bench) -> None:
    ear = Ear(bench, depth=10)
    ear.publisher.publish(UInt32(data=0))
    bench.until(lambda: ear.got, 'the first', each=ear.drain)
    for number in range(1, 501):
        ear.publisher.publish(UInt32(data=number))
    bench.until(lambda: ear.got[-1][0].data == 500, 'the last', each=ear.drain)
    assert len(ear.got) < 501, 'nothing overflowed'
    assert sum(arrival.lost for _, arrival in ear.got) == 501 - len(ear.got)


def test_among_two_publishers_losses_are_counted_or_said_to_be_unknown(bench: Bench) -> None:
    ear = Ear(bench, depth=20)
    other = bench.probe.node.create_publisher(UInt32, 'numbers', DEEP)
    bench.until(lambda: other.get_subscription_count() == 1, 'discovery')
    bench.until(lambda: ear.tap.subscription.get_publisher_count() == 2, 'both')
    both = (ear.publisher, other)
    for publisher in both:
        publisher.publish(UInt32(data=0))
    bench.until(lambda: len(ear.got) == 2, 'the first of each', each=ear.drain)
    for number in range(1, 101):
        for publisher in both:
            publisher.publish(UInt32(data=number))
    bench.until(lambda: [m.data for m, _ in ear.got].count(100) == 2, 'the last of each',
                each=ear.drain)
    assert len(ear.got) < 202, 'nothing overflowed'
    lost = [arrival.lost for _, arrival in ear.got]
    if distro.NAMES_PUBLISHERS:
        assert sum(lost) == 202 - len(ear.got)
    else:
        assert set(lost) == {UNKNOWN}


def test_an_arrival_tells_when_and_from_whom(bench: Bench) -> None:
    ear = Ear(bench, depth=10)
    for number in range(3):
        ear.publisher.publish(UInt32(data=number))
    bench.until(lambda: len(ear.got) == 3, 'three messages',
                each=lambda: ear.inlet.drain(1_000_000))
    arrivals = [arrival for _, arrival in ear.got]
    assert [a.sequence for a in arrivals] == [1, 2, 3]
    assert len({a.publisher for a in arrivals}) == 1
    assert bool(arrivals[0].publisher) == distro.NAMES_PUBLISHERS
    for arrival in arrivals:
        assert arrival.source_ns <= arrival.received_ns
        assert arrival.mono_ns == arrival.received_ns - 1_000_000


def test_nothing_arrives_in_the_future_though_the_wall_clock_was_set_back(bench: Bench) -> None:
    ear = Ear(bench, depth=10)
    ear.publisher.publish(UInt32(data=1))
    hour, now = 3600 * 10**9, Now(time.monotonic_ns(), time.time_ns())
    bench.until(lambda: ear.got, 'a message',
                each=lambda: ear.inlet.drain(now.wall_minus_mono - hour, now.mono))
    assert ear.got[0][1].mono_ns == now.mono


@pytest.fixture
def stranger(namespace: str) -> Iterator[Node]:
    """Give a node of another participant: one alone cannot have two types of a topic."""
    context = rclpy.Context()
    with distro.ros(context=context):
        node = rclpy.create_node('stranger', namespace=namespace, context=context)
        yield node
        node.destroy_node()


@pytest.mark.parametrize(('type_', 'asked', 'because'), [
    (UInt32, QoSProfile(depth=1, durability=LATCHED), 'Volatile'),
    (String, QoSProfile(depth=1), 'type std_msgs/msg/String instead of std_msgs/msg/UInt32')])
def test_a_publisher_that_cannot_connect_is_told_once(
        bench: Bench, stranger: Node, type_: Any, asked: QoSProfile, because: str) -> None:
    told: list[Incompatible] = []
    node, inlet = bench.probe.node, Inlet(bench.probe.node)
    inlet.subscribe(UInt32, 'numbers', asked, lambda *_: None, on_incompatible=told.append)
    fits = node.create_publisher(UInt32, 'numbers', QoSProfile(depth=1, durability=LATCHED))
    bench.until(lambda: fits.get_subscription_count() == 1, 'the one that fits',
                each=inlet.look_around)
    assert told == []
    stranger.create_publisher(type_, 'numbers', QoSProfile(depth=1), event_callbacks=QUIET)
    bench.until(lambda: 'stranger' in {p.node_name for p in
                                       node.get_publishers_info_by_topic('numbers')},
                'the name of the one that does not')
    inlet.look_around()
    inlet.look_around()
    assert len(told) == 1
    assert told[0].node == 'stranger' and because in told[0].because


def test_a_closed_tap_hears_nothing_more(bench: Bench) -> None:
    ear = Ear(bench, depth=10)
    ear.inlet.close(ear.tap)
    bench.until(lambda: ear.publisher.get_subscription_count() == 0, 'the end of the tap')
    ear.publisher.publish(UInt32(data=1))
    ear.drain()
    assert ear.got == []


def test_an_executor_never_takes_what_is_ours(bench: Bench) -> None:
    ear = Ear(bench, depth=10)
    ear.publisher.publish(UInt32(data=1))
    for _ in range(20):
        bench.probe.executor.spin_once(timeout_sec=0.005)
    assert ear.got == []
    bench.until(lambda: ear.got, 'the message', each=ear.drain)


class Picky:
    """A component that finds everything malformed."""

    def __init__(self, shell: Shell) -> None:
        self.seen = 0
        shell.subscribe(POLICY_INFO, self._refuse)

    def _refuse(self, message: Any, arrival: Arrival) -> None:
        self.seen += 1
        raise WireError('not what it should be')

    def step(self, now: Now) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def test_a_message_that_does_not_decode_is_counted_not_fatal(bench: Bench) -> None:
    picky = bench.start('policy_monitor', Picky)
    bench.probe.publish(POLICY_INFO, DiagnosticArray())
    bench.until(lambda: picky.seen, 'the message')
    read = bench.running[0][0].metrics.read(full=True)
    labels = ('policy/info', 'policy_monitor')
    assert read['topic_messages_rejected_total', labels].value == 1.0
    assert read['topic_messages_total', labels].value == 1.0


def test_losses_that_nobody_can_know_are_counted_apart(bench: Bench) -> None:
    bench.start('policy_monitor', Picky)
    shell = bench.running[0][0]
    for lost in (UNKNOWN, 0, 3, UNKNOWN):
        shell.count_lost('policy/info', lost)
    read = shell.metrics.read(full=True)
    labels = ('policy/info', 'policy_monitor')
    assert read['topic_messages_lost_total', labels].value == 3.0
    assert read['topic_messages_unsure_total', labels].value == 2.0


def test_a_publisher_that_cannot_connect_is_an_event(bench: Bench, stranger: Node) -> None:
    bench.probe.listen(EVENTS)
    bench.start('policy_monitor', Picky)
    stranger.create_publisher(DiagnosticArray, POLICY_INFO.name, QoSProfile(depth=1),
                              event_callbacks=QUIET)

    def told() -> list[Event]:
        events = [event_from_status(m.status[0]) for m in bench.probe.heard[EVENTS.name]]
        return [event for event in events if event.name is EventName.QOS_INCOMPATIBLE]
    bench.until(told, 'the event')
    assert told()[0].values['topic'] == 'policy/info'
    assert 'Volatile' in told()[0].values['policy']


def test_no_event_handler_keeps_the_executor_awake(bench: Bench) -> None:
    assert Ear(bench, depth=1).tap.subscription.event_handlers == []
