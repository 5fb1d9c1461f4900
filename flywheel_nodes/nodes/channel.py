"""A topic as it is being received."""

from dataclasses import dataclass, field

from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.core import topics
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.nodes.distro import type_hash_of
from flywheel_nodes.nodes.inlet import Arrival, Tap
from flywheel_nodes.nodes.once import Receive

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'


@dataclass
class Channel:
    """
    A topic that is being received; numbers are never used twice.

    leaving: subscriptions that others have replaced, and until when they stay; derived: of a raw
    camera, the channel of what is made of it; last_ns: when the last message came; unsure_ns: when
    the last one came of which nobody knows whether others are missing before it; both monotonic;
    newest: how the last one came, until it is counted.
    """

    number: int
    topic: str
    name: str
    type: str
    offers: tuple[Offer, ...] = ()
    type_hash: str = ''
    derived: 'Channel | None' = None
    taps: dict[Qos, Tap] = field(default_factory=dict)
    leaving: dict[Qos, tuple[Tap, int]] = field(default_factory=dict)
    receive: Receive | None = None
    publishers: int = 0
    due_ns: int = 0
    count_due_ns: int = 0
    last_ns: int = 0
    unsure_ns: int = -1
    newest: Arrival | None = None

    @property
    def state(self) -> bool:
        """Whether the last message holds until the next one."""
        row = topics.find(self.name)
        return row.state if row else any(offer.latched for offer in self.offers)

    def fits(self, publisher: TopicEndpointInfo) -> bool:
        """Tell whether a publisher's messages are of this type, as it was defined then."""
        return publisher.topic_type == self.type and (
            not self.type_hash or type_hash_of(publisher) in ('', self.type_hash))


def offer_of(info: TopicEndpointInfo) -> Offer:
    """Return what a publisher offers."""
    qos = info.qos_profile
    return Offer(
        qos.reliability.name.lower(), qos.durability.name.lower(), qos.history.name.lower(),
        qos.depth, qos.deadline.nanoseconds, qos.lifespan.nanoseconds,
        qos.liveliness.name.lower(), qos.liveliness_lease_duration.nanoseconds)
