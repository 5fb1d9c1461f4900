"""What the exporter tells of the ROS graph: who is there, and who cannot hear whom."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from rclpy.qos import qos_check_compatible, QoSCompatibility, QoSProfile

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.health.connections import mismatches
from flywheel_nodes.core.health.guarded import owners
from flywheel_nodes.core.health.labels import TopicLabels
from flywheel_nodes.core.health.tour import chosen, Tour
from flywheel_nodes.nodes.graph import Rivals
from flywheel_nodes.nodes.shell import Shell

MOST_TOPICS = 100


@dataclass(frozen=True)
class Endpoint:
    """What decides whether a publisher and a subscription connect: its type and its QoS."""

    type: str
    qos: tuple[object, ...]
    profile: QoSProfile = field(compare=False)

    @classmethod
    def of(cls, info: Any) -> 'Endpoint':
        """Return what the graph knows of one."""
        qos = info.qos_profile
        return cls(info.topic_type, (
            qos.reliability, qos.durability, qos.deadline.nanoseconds, qos.liveliness,
            qos.liveliness_lease_duration.nanoseconds), qos)

    def reaches(self, subscription: 'Endpoint') -> bool:
        """Say whether a publisher like this connects to a subscription."""
        verdict, _ = qos_check_compatible(self.profile, subscription.profile)
        return self.type == subscription.type and verdict != QoSCompatibility.ERROR


class GraphSource:
    """Counts endpoints once a second, which is cheap; reads one topic's a turn, which is not."""

    def __init__(self, shell: Shell, labels: TopicLabels, nodes: Collection[str]) -> None:
        """
        Begin with an empty graph.

        :param labels: the topics that may be told of
        :param nodes: those of ours that run
        """
        self._shell = shell
        self._labels = labels
        guarded = owners(nodes)
        self._rivals = Rivals(shell, guarded)
        self._guarded = {topic.name for topic in guarded}
        self._dropped = shell.metrics.cell('exporter_series_dropped_total')
        self._left_out = 0
        self._tour = Tour()
        self._mismatches: dict[str, int] = {}
        self._competing: dict[str, int] = {}
        self._counted = 0

    def step(self, now: Now) -> None:
        """Look at the graph."""
        if now.mono - self._counted >= SECOND:
            self._counted = now.mono
            self._count()
        name = self._tour.next()
        if name is not None:
            self._read(name, topics.absolute(name, self._shell.namespace))

    def _count(self) -> None:
        node, namespace = self._shell.node, self._shell.namespace
        there = [topics.relative(full, namespace)
                 for full, _ in node.get_topic_names_and_types()]
        # Those with a nominal rate are told of even when nobody knows them any more.
        names, left_out = chosen(filter(self._labels.allow, there),
                                 list(self._shell.robot.rates), self._guarded, MOST_TOPICS)
        counts = {}
        for name in names:
            full = topics.absolute(name, namespace)
            counts[name] = node.count_publishers(full), node.count_subscribers(full)
        self._tour.count(counts)
        self._drop(left_out)
        self._tell(counts, len(there))

    def _drop(self, left_out: int) -> None:
        if left_out > self._left_out:
            self._dropped.value += left_out - self._left_out
            self._shell.log.warning(f'series of {left_out} topics refused: more than '
                                    f'{MOST_TOPICS} topics; narrow `topics`',
                                    throttle_duration_sec=60.0)
        self._left_out = left_out

    def _tell(self, counts: dict[str, tuple[int, int]], there: int) -> None:
        self._mismatches = {n: v for n, v in self._mismatches.items() if n in counts}
        self._competing = {n: v for n, v in self._competing.items() if n in counts}
        self._shell.metrics.fill({
            'graph_nodes': {(): float(len(self._shell.node.get_node_names()))},
            'graph_topics': {(): float(there)},
            'topic_publishers': {(n,): float(p) for n, (p, _) in counts.items()},
            'topic_subscribers': {(n,): float(s) for n, (_, s) in counts.items()},
            'topic_qos_mismatches': {(n,): float(v) for n, v in self._mismatches.items()},
            'topic_competing_publishers': {(n,): float(v) for n, v in self._competing.items()}})

    def _read(self, name: str, full: str) -> None:
        node = self._shell.node
        publishers = map(Endpoint.of, node.get_publishers_info_by_topic(full))
        subscriptions = map(Endpoint.of, node.get_subscriptions_info_by_topic(full))
        self._mismatches[name] = mismatches(publishers, subscriptions, Endpoint.reaches)
        if name in self._guarded:
            self._competing[name] = len(self._rivals.others(full))
