"""Who publishes what only one node of ours may publish, as the doctor sees it in the graph."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
import os
from pathlib import Path

from rclpy.node import Node
from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.doctor.finding import Finding
from flywheel_nodes.core.doctor.rivals import competitors, Contested, Rival
from flywheel_nodes.core.health.guarded import owners
from flywheel_nodes.core.topics import absolute
from flywheel_nodes.effects.doctor.processes import behind, LOW_16_BITS, low_pid
from flywheel_nodes.effects.run_dir import pids
from flywheel_nodes.nodes.graph import Rivals, RivalTour

ROUND_S = 0.5
EVERY_NODE_PUBLISHES = '/parameter_events'


@dataclass(frozen=True)
class Viewer:
    """Who looks, and where: see Onlooker."""

    node: Node
    namespace: str
    data_dir: Path


class Guard:
    """Looks at the guarded topics while step() is called: names become known a while later."""

    def __init__(self, viewer: Viewer, nodes: Collection[str]) -> None:
        """Begin; nodes: those of ours that there should be."""
        self._viewer = viewer
        self._owners = owners(nodes)
        self._rivals = Rivals(viewer, self._owners)
        self._tour = RivalTour(self._rivals, ROUND_S)

    def step(self, now: Now) -> None:
        """Look at the next topic, when it is time."""
        for _ in self._tour.look(now.mono):
            pass

    def findings(self) -> list[Finding]:
        """Return what was found."""
        return competitors(self._contested())

    def _contested(self) -> Iterator[Contested]:
        ours = self._ours()
        for topic, owner in self._owners.items():
            full = absolute(topic.name, self._viewer.namespace)
            if names := self._rivals.others(full):
                infos = self._viewer.node.get_publishers_info_by_topic(full)
                yield Contested(topic.name, owner, tuple(sorted(
                    {self._rival(name, infos, ours) for name in names})))

    def _ours(self) -> bytes:
        """Return the GID of an endpoint of this process, b'' where GIDs do not tell."""
        infos = self._viewer.node.get_publishers_info_by_topic(EVERY_NODE_PUBLISHES)
        gids = (bytes(info.endpoint_gid) for info in infos
                if info.node_name == self._viewer.node.get_name())
        return next((gid for gid in gids if low_pid(gid) == os.getpid() & LOW_16_BITS), b'')

    def _rival(self, name: str, infos: Collection[TopicEndpointInfo], ours: bytes) -> Rival:
        """Look for the process of a rival; of several with one name none is told."""
        stack = set(pids(self._viewer.data_dir).values())
        bearers = set()
        for info in infos:
            if _full(info) == name:
                process = behind(bytes(info.endpoint_gid), ours, info.node_name)
                if process is None or process.pid not in stack:
                    bearers.add(process)
        bearer = bearers.pop() if len(bearers) == 1 else None
        return Rival(name, bearer.pid, bearer.command) if bearer else Rival(name)


def _full(info: TopicEndpointInfo) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
