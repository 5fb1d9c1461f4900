"""The QoS with which a recorded topic is published again."""

from collections.abc import Sequence
import math

from rclpy.duration import Duration
from rclpy.qos import LivelinessPolicy, QoSProfile

from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.nodes.messages import to_qos

DEPTH = 100
MOST = 1000
_ENDLESS = 2**31 * 1_000_000_000 - 1  # the most that DDS can tell from infinite


def qos_of(offers: Sequence[Offer], rate: float = 1.0) -> QoSProfile:
    """
    Return a profile that connects to every subscriber of the recorded publishers.

    Where they differed that is the strongest of each: reliable, latched, the shortest times.

    :param rate: how many times faster than recorded, infinity for as fast as it is received
    """
    reliable = not offers or any(one.reliability != 'best_effort' for one in offers)
    profile = to_qos(Qos(depth_of(offers, rate), reliable, any(one.latched for one in offers)))
    for name, times in (('deadline', [one.deadline_ns for one in offers]),
                        ('lifespan', [one.lifespan_ns for one in offers]),
                        ('liveliness_lease_duration', [one.lease_ns for one in offers])):
        shortest = min((time for time in times if 0 < time < _ENDLESS), default=0)
        if shortest:
            setattr(profile, name, Duration(nanoseconds=shortest))
    if any(one.liveliness == 'manual_by_topic' for one in offers):
        profile.liveliness = LivelinessPolicy.MANUAL_BY_TOPIC
    return profile


def depth_of(offers: Sequence[Offer], rate: float = 1.0) -> int:
    """
    Return the depth of the publisher's queue.

    A latched topic gives late subscribers as many messages as its publishers together once did,
    where that was recorded; others get enough to be sent again, of the same time at any rate.
    """
    depths = [one.depth for one in offers]
    if any(one.latched for one in offers) and all(depths):
        return sum(depths)
    # As fast as it is received, each full queue is waited for: it need not be long.
    fast = math.ceil(DEPTH * rate) if math.isfinite(rate) else DEPTH
    return max(DEPTH, min(MOST, fast), *depths)
