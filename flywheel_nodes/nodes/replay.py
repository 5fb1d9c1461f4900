"""Publishes a bag as it was recorded: same spacing, same QoS, same bytes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
import time

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.effects.recording.bag_source import BagSource, Track
from flywheel_nodes.nodes.messages import message_class, to_qos

DEPTH = 100
_ENDLESS = 2**63 - 1


@dataclass(frozen=True)
class Speed:
    """How fast, and which part of the bag in s; duration None: to the end."""

    rate: float = 1.0
    start: float = 0.0
    duration: float | None = None


@dataclass
class Played:
    """What was published so far: messages by topic, and the largest delay in s."""

    messages: Counter[str] = field(default_factory=Counter)
    late_s: float = 0.0


class Replay:
    """The publishers of one bag."""

    def __init__(self, node: Node, source: BagSource, namespace: str,
                 remaps: Mapping[str, str]) -> None:
        """
        Make a publisher for each topic.

        :param namespace: put before each topic's name, '' for none
        :param remaps: full names in the bag to other names, which stand as they are
        :raises ConfigError: naming the types that are not installed, or an unknown topic
        """
        self._source = source
        unknown = set(remaps) - {track.topic for track in source.tracks}
        if unknown:
            raise ConfigError(f'--remap: the bag has no topic {", ".join(sorted(unknown))}')
        _check_types(source.tracks)
        self.names = {track.topic: remaps.get(track.topic) or _within(namespace, track.topic)
                      for track in source.tracks}
        self._publishers: dict[str, Publisher] = {
            track.topic: node.create_publisher(
                message_class(track.type), self.names[track.topic], qos_of(track.offers))
            for track in source.tracks}
        self.played = Played()

    def run(self, speed: Speed, wait: Callable[[float], bool]) -> Played:
        """
        Publish with the recorded spacing.

        :param wait: sleeps for some seconds; True: stop here
        """
        began = time.monotonic_ns()
        for topic, since_ns, data in self._source.messages(speed.start, speed.duration):
            ahead = began + int(since_ns / speed.rate) - time.monotonic_ns()
            if wait(max(0.0, ahead / SECOND)):
                break
            self.played.late_s = max(self.played.late_s, -ahead / SECOND)
            self._publishers[topic].publish(data)
            self.played.messages[topic] += 1
        return self.played


@contextmanager
def opened(source: BagSource, namespace: str, remaps: Mapping[str, str]) -> Iterator[Replay]:
    """Give a player on a node of its own."""
    with rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO):
        node = rclpy.create_node('replay')
        try:
            yield Replay(node, source, namespace, remaps)
        finally:
            node.destroy_node()


def _within(namespace: str, topic: str) -> str:
    return topics.absolute(topic.lstrip('/'), namespace) if namespace else topic


def _check_types(tracks: Iterable[Track]) -> None:
    missing = []
    for type_ in sorted({track.type for track in tracks}):
        try:
            message_class(type_)
        except ConfigError:
            missing.append(type_)
    if missing:
        raise ConfigError(f'message types that are not installed: {", ".join(missing)}: install '
                          'their ROS packages')


def qos_of(offers: Iterable[Offer]) -> QoSProfile:
    """Return a profile that every subscriber of the recorded publishers could use."""
    known = list(offers)
    if not known:
        return to_qos(Qos(DEPTH))
    depth = max(DEPTH, *(offer.depth for offer in known))
    profile = to_qos(Qos(depth, all(offer.reliable for offer in known),
                         all(offer.latched for offer in known)))
    lifespan = min(offer.lifespan_ns for offer in known)
    if 0 < lifespan < _ENDLESS:
        profile.lifespan = Duration(nanoseconds=lifespan)
    return profile
