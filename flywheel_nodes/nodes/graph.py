"""What the ROS graph tells of others: who else publishes what only we may publish."""

from collections.abc import Iterator, Sequence

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
