"""Publishers of any QoS in a context of their own, and what of theirs is in a snippet."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String
import yaml

from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.snippet_folder import read_label
from flywheel_nodes.nodes import distro


@dataclass(frozen=True)
class Offering:
    """What differs between publishers here."""

    reliable: bool
    latched: bool

    @property
    def other(self) -> 'Offering':
        return Offering(not self.reliable, not self.latched)

    @property
    def keeps(self) -> bool:
        """Whether DDS gives a late subscriber what was said before: best effort never does."""
        return self.reliable and self.latched

    @property
    def words(self) -> tuple[str, str]:
        return ('reliable' if self.reliable else 'best_effort',
                'transient_local' if self.latched else 'volatile')

    def profile(self, depth: int) -> QoSProfile:
        reliability, durability = map(str.upper, self.words)
        return QoSProfile(depth=depth, reliability=ReliabilityPolicy[reliability],
                          durability=DurabilityPolicy[durability])


@dataclass
class Voice:
    """A publisher and what it said; the first word of one that latches is its state."""

    node: Node
    topic: str
    name: str
    offering: Offering
    depth: int = 100
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        silent = distro.PublisherEventCallbacks(incompatible_qos=lambda _: None)
        self.out: Any = self.node.create_publisher(
            String, self.topic, self.offering.profile(self.depth), event_callbacks=silent)
        if self.offering.latched:
            self.say()

    def say(self) -> None:
        self.sent.append(f'{self.name} {len(self.sent)}')
        self.out.publish(String(data=self.sent[-1]))

    def leave(self) -> None:
        self.node.destroy_publisher(self.out)
        self.out = None

    def found(self, heard: set[tuple[str, str]]) -> bool:
        """Tell whether it is heard, with its state if it latches."""
        first = self.sent[:1] if self.offering.keeps else []
        return (all((self.topic, text) in heard for text in first)
                and any((self.topic, text) in heard for text in self.sent[len(first):]))


@dataclass(frozen=True)
class Snippet:
    """A snippet, read whole."""

    folder: Path

    @cached_property
    def label(self) -> Label:
        return read_label(self.folder)

    @cached_property
    def messages(self) -> dict[str, list[snippet_reader.Message]]:
        found: dict[str, list[snippet_reader.Message]] = {}
        with snippet_reader.open_bag(self.folder) as bag:
            for one in bag.messages():
                found.setdefault(one.topic, []).append(one)
        return found

    @cached_property
    def offered(self) -> dict[str, set[tuple[str, str]]]:
        """Return reliability and durability by topic, as metadata.yaml tells them."""
        content = yaml.safe_load((self.folder / 'metadata.yaml').read_text())
        rows = content['rosbag2_bagfile_information']['topics_with_message_count']
        return {row['topic_metadata']['name']: {
            (profile['reliability'], profile['durability'])
            for profile in row['topic_metadata']['offered_qos_profiles']} for row in rows}

    def said(self, voice: Voice) -> list[str]:
        texts = [one.decoded.data for one in self.messages.get(voice.topic, [])]
        return [text for text in texts if text.split()[0] == voice.name]


@contextmanager
def stranger(namespace: str) -> Iterator[Node]:
    """Return a node in a context of its own."""
    with distro.ros(context=Context()) as context:
        node = rclpy.create_node('stranger', namespace=namespace, context=context)
        yield node
        node.destroy_node()
