"""What a topic's publishers offer, and with which subscriptions all of it is received."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flywheel_nodes.core.topics import Qos

_INFINITE = 2**63 - 1


@dataclass(frozen=True)
class Offer:
    """
    The QoS of one publisher in the words of rosbag2's metadata; times in ns.

    Depth 0 and history unknown: discovery does not tell them.
    """

    reliability: str = 'reliable'
    durability: str = 'volatile'
    history: str = 'unknown'
    depth: int = 0
    deadline_ns: int = _INFINITE
    lifespan_ns: int = _INFINITE
    liveliness: str = 'automatic'
    lease_ns: int = _INFINITE

    @property
    def reliable(self) -> bool:
        """Whether lost messages are sent again."""
        return self.reliability == 'reliable'

    @property
    def latched(self) -> bool:
        """Whether the last messages are offered to late subscribers: they still hold."""
        return self.durability == 'transient_local'

    @property
    def keeps(self) -> bool:
        """Whether late subscribers really get them: the middleware sends old ones reliably."""
        return self.reliable and self.latched

    def profile(self) -> dict[str, Any]:
        """Return the entry of offered_qos_profiles, version 9."""
        return {
            'history': self.history, 'depth': self.depth, 'reliability': self.reliability,
            'durability': self.durability, 'deadline': _time(self.deadline_ns),
            'lifespan': _time(self.lifespan_ns), 'liveliness': self.liveliness,
            'liveliness_lease_duration': _time(self.lease_ns),
            'avoid_ros_namespace_conventions': False}


def _time(nanoseconds: int) -> dict[str, int]:
    sec, nsec = divmod(nanoseconds, 1_000_000_000)
    return {'sec': sec, 'nsec': nsec}


def distinct(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Return each offer once, in the order of their first appearance."""
    return tuple(dict.fromkeys(offers))


def subscriptions(offers: Sequence[Offer], depth: int) -> tuple[Qos, ...]:
    """
    Return the subscriptions that together receive everything that is offered.

    One suffices unless only some publishers keep their last messages: a volatile subscription
    hears all of them but misses the state, a reliable latched one hears only those that keep it.
    Messages then arrive twice.
    """
    keeping = [offer.keeps for offer in offers]
    everyone = Qos(depth, all(offer.reliable for offer in offers))
    state = Qos(depth, latched=True)
    if all(keeping):
        return (state,)
    return (everyone, state) if any(keeping) else (everyone,)
