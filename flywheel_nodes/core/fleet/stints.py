"""
Who drove a simulated robot when: the policy, until a human has to help, again and again.

All of it follows from the robot's name, so that the same robot always has the same history.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
import hashlib
import math

from flywheel_nodes.core.events import Reason

# How often each is the reason, among ten interventions.
REASONS = (Reason.STUCK, Reason.STUCK, Reason.STUCK, Reason.COLLISION_RISK, Reason.COLLISION_RISK,
           Reason.GRASP_FAILED, Reason.GRASP_FAILED, Reason.PERCEPTION, Reason.POLICY_FAULT,
           Reason.OTHER)
HELP_S = 9.0
SHORTEST_S = 3.0


@dataclass(frozen=True)
class Stint:
    """One time of the policy and the human's help after it; all in s since the first one began."""

    start: float
    taken_over: float
    end: float
    reason: Reason


def share(*key: object) -> float:
    """Return a number in 0..1, 1 excluded, that is always the same for the same key."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return int.from_bytes(digest[:6], 'big') / 2**48


def stints(name: str, between: float, until: float) -> Iterator[Stint]:
    """
    Yield the stints of a robot that began before a time, in order.

    :param between: mean time of the policy between two interventions, in s
    """
    start, number = 0.0, 0
    while start < until:
        policy, human, reason = _drawn(name, number)
        stint = Stint(start, start + policy * between, start + policy * between + human, reason)
        yield stint
        start, number = stint.end, number + 1


@lru_cache(maxsize=8192)
def _drawn(name: str, number: int) -> tuple[float, float, Reason]:
    """Return a time of the policy in means, the help in s and its reason: a Poisson process."""
    policy = max(0.02, -math.log(1.0 - share(name, number, 'policy')))
    human = max(SHORTEST_S, -math.log(1.0 - share(name, number, 'human')) * HELP_S)
    return policy, human, REASONS[int(share(name, number, 'reason') * len(REASONS))]
