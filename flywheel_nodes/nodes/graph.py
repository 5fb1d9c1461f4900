"""What the ROS graph tells of others: who publishes what only one node may publish."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from rclpy.node import Node
from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.topics import absolute, Topic
from flywheel_nodes.effects.run_dir import restarted_within
from flywheel_nodes.nodes.shell import Shell

# A killed node stays in the graph until its DDS lease (20 s) runs out.
GHOST_S = 30.0
NAMELESS = '_NODE_NAME_UNKNOWN_'


class Onlooker(Protocol):
    """Who looks at the graph: a Shell, or somebody who only looks."""

    @property
    def node(self) -> Node:
        """What joined the bus."""

    @property
    def namespace(self) -> str:
        """The robot's namespace."""

    @property
    def data_dir(self) -> Path:
        """The data directory of the nodes there."""


class Rivals:
    """Who else publishes a guarded topic than the one node that may."""

    def __init__(self, onlooker: Onlooker, owners: Mapping[Topic, str]) -> None:
        """
        Ask nothing yet.

        :param owners: the only node, in our namespace, that may publish a topic
        """
        self._onlooker = onlooker
        self._owners = {absolute(topic.name, onlooker.namespace): owner
                        for topic, owner in owners.items()}
        self._nameless: dict[str, frozenset[bytes]] = {}

    @property
    def topics(self) -> tuple[str, ...]:
        """The full names of the guarded topics."""
        return tuple(self._owners)

    def others(self, topic: str) -> tuple[str, ...]:
        """Return the full names of all nodes but the owner that publish a topic."""
        found = self._named(topic)
        owner = (self._onlooker.namespace.rstrip('/'), self._owners[topic])
        strangers = [one for one in found if one != owner]
        # A second node of the owner's name is a rival too, unless it is the owner's own ghost.
        twins = found.count(owner) - 1
        if twins > 0 and not restarted_within(self._onlooker.data_dir, owner[1], GHOST_S):
            strangers += [owner] * twins
        return tuple(sorted(f'{namespace}/{name}' for namespace, name in strangers))

    def _named(self, topic: str) -> list[tuple[str, str]]:
        """Leave out who has no name yet: the graph learns it last. Who keeps none is told."""
        infos = self._onlooker.node.get_publishers_info_by_topic(topic)
        before = self._nameless.get(topic, frozenset())
        nameless = {bytes(info.endpoint_gid) for info in infos if info.node_name == NAMELESS}
        self._nameless[topic] = frozenset(nameless)
        return [(info.node_namespace.rstrip('/'), info.node_name) for info in infos
                if bytes(info.endpoint_gid) not in nameless - before]


class RivalTour:
    """Looks at one guarded topic after the other, to spread the cost."""

    def __init__(self, rivals: Rivals, period_s: float) -> None:
        """Look at each topic once in a period."""
        self._rivals = rivals
        self._period_ns = int(period_s * SECOND)
        self._looked_ns = 0
        self._turn = 0

    def look(self, now: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield a topic and the names of its other publishers, when it is time to look."""
        topics = self._rivals.topics
        if not topics or now - self._looked_ns < self._period_ns // len(topics):
            return
        self._looked_ns = now
        self._turn = (self._turn + 1) % len(topics)
        name = topics[self._turn]
        yield name, self._rivals.others(name)


class Commander:
    """
    Tells the commands of the one node that may give them from everybody else's.

    A rival's command must not count even once, so each publisher is looked up in the graph when
    it is first heard. Of two that bear the right name the one that speaks keeps the floor until
    it falls silent. Where messages do not name their publisher, a command counts only while
    nobody but that node publishes the topic.
    """

    AGAIN_NS = SECOND // 5
    MOST = 64

    def __init__(self, shell: Shell, topic: Topic, name: str, floor: float) -> None:
        """
        Trust nobody yet.

        :param name: of the node, in the shell's namespace
        :param floor: silence in s after which another publisher of that name may speak
        """
        self._shell = shell
        self._topic = absolute(topic.name, shell.namespace)
        self._node = (shell.namespace.rstrip('/'), name)
        self._floor_ns = int(floor * SECOND)
        self._ours: dict[bytes, bool] = {}
        self._looked_ns = 0
        self._speaker, self._spoke_ns = b'', 0

    def sent(self, publisher: bytes, now: int) -> bool:
        """Say whether a publisher (its GID, b'' where unknown) is the commander's."""
        if not self._bears_the_name(publisher, now):
            return False
        if publisher != self._speaker and now - self._spoke_ns < self._floor_ns:
            return False
        self._speaker, self._spoke_ns = publisher, now
        return True

    def _bears_the_name(self, publisher: bytes, now: int) -> bool:
        known = self._ours.get(publisher)
        # Trust lasts; distrust does not, because the graph learns the names of nodes last.
        if known or (known is False and now - self._looked_ns < self.AGAIN_NS):
            return known
        self._looked_ns = now
        found = self._shell.node.get_publishers_info_by_topic(self._topic)
        ours = {bytes(info.endpoint_gid): self._is_ours(info) for info in found}
        if not publisher:  # nor does trust in messages that anybody may have sent since
            return bool(found) and all(ours.values())
        if publisher in ours:  # else the graph does not know it yet, and it counts as a stranger
            self._ours.pop(publisher, None)
            self._ours = dict([*self._ours.items(), (publisher, ours[publisher])][-self.MOST:])
        return ours.get(publisher, False)

    def _is_ours(self, info: TopicEndpointInfo) -> bool:
        return (info.node_namespace.rstrip('/'), info.node_name) == self._node
