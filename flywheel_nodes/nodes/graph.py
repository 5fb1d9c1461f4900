"""What the ROS graph tells of others: who publishes what only one node may publish."""

from collections.abc import Iterator, Sequence

from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.topics import absolute, Topic
from flywheel_nodes.nodes.shell import Shell


class Rivals:
    """Looks for other publishers of our topics, one topic after the other to spread the cost."""

    def __init__(self, shell: Shell, topics: Sequence[Topic], period: float) -> None:
        """Look at each topic once in period s."""
        self._shell = shell
        self._topics = topics
        self._every = int(period * SECOND / len(topics))
        self._looked = 0
        self._turn = 0
        # A killed predecessor stays in the graph until its DDS lease (20 s) runs out.
        self._ghost_until = shell.started_ns + (30 * SECOND if shell.instance.restarts else 0)

    def look(self, now: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield a topic and the names of its other publishers, when it is time to look."""
        if now - self._looked < self._every:
            return
        self._looked = now
        self._turn = (self._turn + 1) % len(self._topics)
        name = absolute(self._topics[self._turn].name, self._shell.namespace)
        yield name, self.others(name)

    def others(self, topic: str) -> tuple[str, ...]:
        """Return the full names of all nodes but ours that publish a topic."""
        found = [(info.node_namespace.rstrip('/'), info.node_name)
                 for info in self._shell.node.get_publishers_info_by_topic(topic)]
        ours = (self._shell.namespace.rstrip('/'), self._shell.name)
        if self._looked < self._ghost_until:
            found = [one for one in found if one != ours]
        elif ours in found:
            found.remove(ours)  # once: a second node of our own name is a rival too
        return tuple(sorted(f'{namespace}/{name}' for namespace, name in found))


class Commander:
    """
    Tells the commands of the one node that may give them from everybody else's.

    A rival's command must not reach the robot even once, so each publisher is looked up in the
    graph when it is first heard. Where messages do not name their publisher, a command counts
    only while nobody but that node publishes the topic.
    """

    AGAIN_NS = SECOND // 5
    MOST = 64

    def __init__(self, shell: Shell, topic: str, name: str) -> None:
        """
        Trust nobody yet.

        :param topic: full name
        :param name: of the node, in the shell's namespace
        """
        self._shell = shell
        self._topic = topic
        self._node = (shell.namespace.rstrip('/'), name)
        self._ours: dict[bytes, bool] = {}
        self._looked_ns = 0

    def sent(self, publisher: bytes, now: int) -> bool:
        """Say whether a publisher (its GID, b'' where unknown) is the commander's."""
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
