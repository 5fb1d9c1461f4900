"""Recorded QoS of any version of rosbag2 in our words."""

from collections.abc import Iterable

from rosbags.interfaces import Qos, QosTime
from rosbags.rosbag2.metadata import parse_qos

from flywheel_nodes.core.recording.offers import Offer


def offers(profiles: Iterable[Qos]) -> tuple[Offer, ...]:
    """Return what rosbags read of a topic's offered QoS."""
    return tuple(Offer(
        one.reliability.name.lower(), one.durability.name.lower(), one.history.name.lower(),
        one.depth, _ns(one.deadline), _ns(one.lifespan), one.liveliness.name.lower(),
        _ns(one.liveliness_lease_duration)) for one in profiles)


def offers_of_text(text: str) -> tuple[Offer, ...]:
    """
    Read offered_qos_profiles as it stands in an MCAP channel or a database.

    :raises ReaderError: where it is no YAML; TypeError, KeyError: where it is no list of profiles
    """
    return offers(parse_qos(text))


def _ns(time: QosTime) -> int:
    return int(time.sec) * 1_000_000_000 + int(time.nsec)
