"""What of the ROS graph real endpoints of other nodes become, as Prometheus reads it."""

from collections.abc import Iterator

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool, String

from flywheel_nodes.core import topics
from flywheel_nodes.core.metrics import Sample
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.nodes import exporter_graph
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.messages import message_class, to_qos
from test.harness import Bench
from test.nodes.test_health_exporter import Rig

LOOSE, STRICT = to_qos(Qos(1, reliable=False)), to_qos(Qos(1))


@pytest.fixture
def stranger(bench: Bench) -> Iterator[Node]:
    """Give a node of somebody else in the robot's namespace."""
    node = rclpy.create_node('stranger', namespace=bench.namespace)
    yield node
    node.destroy_node()


@pytest.fixture
def rig(bench: Bench) -> Rig:
    """Give a running exporter."""
    return Rig(bench)


def counts(rig: Rig, topic: str) -> tuple[float | None, float | None]:
    return (rig.sample('flywheel_topic_publishers', topic=topic),
            rig.sample('flywheel_topic_subscribers', topic=topic))


def test_who_speaks_to_nobody_and_who_hears_nobody_is_seen(rig: Rig, stranger: Node) -> None:
    stranger.create_publisher(String, 'alone', 1)
    stranger.create_subscription(String, 'deaf', lambda _: None, 1)
    rig.bench.until(lambda: counts(rig, 'alone') == (1, 0) and counts(rig, 'deaf') == (0, 1),
                    'both are told')
    assert (rig.sample('flywheel_graph_nodes') or 0) >= 3
    assert (rig.sample('flywheel_graph_topics') or 0) >= 4


def test_a_topic_with_a_nominal_rate_is_told_of_even_when_nobody_knows_it(rig: Rig) -> None:
    rig.bench.until(lambda: counts(rig, 'imu/data') == (0, 0), 'nothing at all')


def test_what_is_gone_is_told_of_no_more(rig: Rig, stranger: Node) -> None:
    publisher = stranger.create_publisher(String, 'passing', 1)
    rig.bench.until(lambda: counts(rig, 'passing') == (1, 0), 'it is there')
    stranger.destroy_publisher(publisher)
    rig.bench.until(lambda: counts(rig, 'passing') == (None, None), 'it is gone')


@pytest.mark.parametrize(('offered', 'asked', 'pairs'), [
    (LOOSE, STRICT, 2.0), (STRICT, LOOSE, 0.0)])
def test_pairs_whose_qos_never_connects_are_counted(rig: Rig, stranger: Node, offered: QoSProfile,
                                                    asked: QoSProfile, pairs: float) -> None:
    stranger.create_publisher(String, 'talk', offered)
    for _ in range(2):
        stranger.create_subscription(String, 'talk', lambda _: None, asked)
    rig.bench.until(lambda: counts(rig, 'talk') == (1, 2), 'all are there')
    rig.until(pairs, 'flywheel_topic_qos_mismatches', topic='talk')


def test_pairs_of_different_types_are_counted(rig: Rig, stranger: Node) -> None:
    stranger.create_publisher(String, 'talk', STRICT)
    with ros(context=Context()) as context:  # one process has one type a topic
        other = rclpy.create_node('other', namespace=rig.bench.namespace, context=context)
        other.create_subscription(Bool, 'talk', lambda _: None, STRICT)
        rig.until(1.0, 'flywheel_topic_qos_mismatches', topic='talk')
        other.destroy_node()


def test_who_publishes_what_is_ours_competes(rig: Rig, stranger: Node) -> None:
    name = topics.ROBOT_CMD_VEL.name
    own = rclpy.create_node('control_arbiter', namespace=rig.bench.namespace)
    kind = message_class(topics.ROBOT_CMD_VEL.type)
    own.create_publisher(kind, name, 1)
    rig.until(0.0, 'flywheel_topic_competing_publishers', topic=name)
    stranger.create_publisher(kind, name, 1)
    rig.until(1.0, 'flywheel_topic_competing_publishers', topic=name)
    stranger.create_publisher(message_class(topics.POLICY_CMD_VEL.type),
                              topics.POLICY_CMD_VEL.name, 1)
    rig.bench.until(lambda: counts(rig, topics.POLICY_CMD_VEL.name)[0] == 1, 'a policy')
    assert rig.sample('flywheel_topic_competing_publishers',
                      topic=topics.POLICY_CMD_VEL.name) is None, 'whoever that is'
    own.destroy_node()


def test_a_stack_without_guarded_topics_is_told_of_too(bench: Bench, stranger: Node) -> None:
    rig = Rig(bench, without="'robot_adapter control_arbiter policy_monitor teleop_relay'")
    name = topics.ROBOT_CMD_VEL.name
    stranger.create_publisher(message_class(topics.ROBOT_CMD_VEL.type), name, 1)
    rig.bench.until(lambda: counts(rig, name) == (1, 0), 'who else drives')
    assert rig.sample('flywheel_topic_competing_publishers', topic=name) is None


def test_topics_that_are_not_allowed_are_not_told_of(bench: Bench, stranger: Node) -> None:
    rig = Rig(bench, topics='["front/*"]')
    stranger.create_publisher(String, 'front/scan', 1)
    stranger.create_publisher(String, 'rear/scan', 1)
    stranger.create_publisher(String, '/elsewhere', 1)
    rig.bench.until(lambda: counts(rig, 'front/scan') == (1, 0), 'what is allowed')
    assert counts(rig, 'rear/scan') == counts(rig, '/elsewhere') == (None, None)
    rig.report('snippet_recorder', {
        ('topic_silent', (name,)): Sample(1.0) for name in ('rear/scan', 'front/scan')})
    rig.until(1.0, 'flywheel_topic_silent', topic='front/scan')
    assert rig.sample('flywheel_topic_silent', topic='rear/scan') is None
    rig.until(1.0, 'flywheel_exporter_series_dropped_total')


def test_topics_are_bounded_and_counted(bench: Bench, stranger: Node,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter_graph, 'MOST_TOPICS', 8)
    rig = Rig(bench)
    for i in range(10):
        stranger.create_publisher(String, f'flood_{i}', 1)
    rig.bench.until(lambda: (rig.sample('flywheel_exporter_series_dropped_total') or 0) >= 7,
                    'what had no room')
    rig.bench.until(lambda: sum(name == 'flywheel_topic_publishers'
                                     for name, _ in rig.samples()) == 8, 'no more than these')
    assert counts(rig, 'joint_states') == (0, 0), 'what is expected has room first'
