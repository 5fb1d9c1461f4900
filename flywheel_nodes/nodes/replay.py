"""Publishes a bag as it was recorded: same spacing, same QoS, same bytes."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
import math
import time

import rclpy
from rclpy.duration import Duration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.validate_full_topic_name import validate_full_topic_name

from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.settling import Settling
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.effects.recording.bag_source import BagSource, Track
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.messages import message_class
from flywheel_nodes.nodes.replay_qos import depth_of, qos_of

QUIET_NS = SECOND // 2
LOOK_EVERY_S = 0.05
ACK_S = 0.5
LAST_ACK_S = 4.0  # readers are asked what they miss every 3 s
MOVERS = ('control_arbiter', 'robot_adapter')
Wait = Callable[[float], bool]


@dataclass(frozen=True)
class Speed:
    """
    How fast, which part of the bag in s (duration None: to the end), and whether again and again.

    A rate of infinity: as fast as reliable subscribers take it.
    """

    rate: float = 1.0
    start: float = 0.0
    duration: float | None = None
    loop: bool = False


@dataclass
class Played:
    """What was published so far: messages by track, and the largest delay in s."""

    messages: Counter[Track] = field(default_factory=Counter)
    late_s: float = 0.0
    at_s: float = 0.0


class Replay:
    """The publishers of one bag; left_out: why some tracks are not played."""

    def __init__(self, node: Node, source: BagSource, tracks: Collection[Track], namespace: str,
                 remaps: Mapping[str, str], rate: float = 1.0) -> None:
        """
        Make a publisher for each track that can be played.

        :param namespace: put before each topic's name, '' for none
        :param remaps: full names in the bag to other names, which stand as they are
        :param rate: at which it will be played
        :raises ConfigError: for an unknown topic, or when nothing at all can be played
        """
        self._node = node
        self._source = source
        unknown = set(remaps) - {track.topic for track in source.tracks}
        if unknown:
            raise ConfigError(f'--remap: the bag has no topic {", ".join(sorted(unknown))}')
        self.names = {track: remaps.get(track.topic) or _within(namespace, track.topic)
                      for track in tracks}
        self.left_out: dict[Track, str] = {}
        self._publishers: dict[Track, Publisher] = {}
        for track in tracks:
            try:
                self._publishers[track] = _publisher(node, track, self.names[track], rate)
            except ConfigError as error:
                self.left_out[track] = str(error)
        if not self._publishers:
            raise ConfigError('nothing can be played: ' + (
                '; '.join(sorted(set(self.left_out.values()))) or 'the bag has no topics'))
        self.played = Played()

    def other_definitions(self) -> list[Track]:
        """Return the tracks that were recorded with another definition than is installed here."""
        return [track for track in self._publishers if track.type_hash
                and msgdefs.type_hash(track.type) not in ('', track.type_hash)]

    def live(self) -> list[str]:
        """
        Return the topics that belong to a robot that is live in this domain.

        Somebody else publishes them, or a node listens to them that moves the robot.
        """
        return sorted(name for name in {publisher.topic_name for publisher
                                        in self._publishers.values()} if self._is_live(name))

    def _is_live(self, name: str) -> bool:
        others = [info.node_name for info in self._node.get_publishers_info_by_topic(name)]
        others.remove(self._node.get_name())
        ears = {info.node_name for info in self._node.get_subscriptions_info_by_topic(name)}
        return bool(others) or not ears.isdisjoint(MOVERS)

    def await_subscribers(self, most_s: float, wait: Wait) -> bool:
        """
        Wait until subscribers have found the topics and no more come; True: stop here.

        :param most_s: how long at most, and as long as nobody is there
        """
        settling = Settling(QUIET_NS, int(most_s * SECOND))
        while not settling.over(self._subscribers(), time.monotonic_ns()):
            if wait(LOOK_EVERY_S):
                return True
        return False

    def _subscribers(self) -> int:
        return sum(one.get_subscription_count() for one in self._publishers.values())

    def run(self, speed: Speed, wait: Wait, tell: Callable[[], None] = lambda: None) -> Played:
        """
        Publish with the recorded spacing, and see all of it delivered unless stopped.

        :param wait: sleeps for some seconds; True: stop here
        :param tell: called after each message
        """
        while True:
            before = self.played.messages.total()
            if not self._once(speed, wait, tell):
                return self.played
            if not speed.loop or self.played.messages.total() == before:
                break
        self._see_delivered()
        return self.played

    def _see_delivered(self) -> None:
        end = time.monotonic() + LAST_ACK_S
        for publisher in self._publishers.values():
            publisher.wait_for_all_acked(Duration(seconds=max(0.0, end - time.monotonic())))

    def _once(self, speed: Speed, wait: Wait, tell: Callable[[], None]) -> bool:
        self._latched(speed.start)
        paced = math.isfinite(speed.rate)
        began = time.monotonic_ns()
        for track, since_ns, data in self._source.messages(
                speed.start, speed.duration, self._publishers):
            ahead = began + int(since_ns / speed.rate) - time.monotonic_ns()
            if wait(max(0.0, ahead / SECOND)):
                return False
            self._publish(track, data)
            self.played.at_s = since_ns / SECOND
            if paced:
                self.played.late_s = max(self.played.late_s, -ahead / SECOND)
            else:
                self._await_readers(track)
            tell()
        return True

    def _latched(self, start_s: float) -> None:
        """Publish what held when the part to be played began, such as static transforms."""
        tracks = [track for track in self._publishers if track.latched]
        if not tracks or start_s == 0.0:
            return
        last = {track: deque[bytes](maxlen=depth_of(track.offers)) for track in tracks}
        for track, _, data in self._source.messages(0.0, start_s, tracks):
            last[track].append(data)
        for track, held in last.items():
            for data in held:
                self._publish(track, data)

    def _publish(self, track: Track, data: bytes) -> None:
        self._publishers[track].publish(data)
        self.played.messages[track] += 1

    def _await_readers(self, track: Track) -> None:
        """
        Keep a publisher from overwriting what its subscribers have not received yet.

        Only a full queue has them asked at once; one that is half full is acknowledged far later.
        """
        if self.played.messages[track] % depth_of(track.offers) == 0:
            self._publishers[track].wait_for_all_acked(Duration(seconds=ACK_S))


@contextmanager
def opened(source: BagSource, tracks: Collection[Track], namespace: str,
           remaps: Mapping[str, str], rate: float) -> Iterator[Replay]:
    """Give a player on a node of its own."""
    with ros():
        node = rclpy.create_node('replay')
        try:
            yield Replay(node, source, tracks, namespace, remaps, rate)
        finally:
            node.destroy_node()


def _within(namespace: str, topic: str) -> str:
    return topics.absolute(topic.lstrip('/'), namespace) if namespace else topic


def _publisher(node: Node, track: Track, name: str, rate: float) -> Publisher:
    type_ = message_class(track.type)
    full = name if name.startswith('/') else f'/{name}'
    try:
        validate_full_topic_name(full)
    except InvalidTopicNameException:
        raise ConfigError(f'{name} is no name of a ROS 2 topic: --remap it') from None
    return node.create_publisher(type_, full, qos_of(track.offers, rate))
