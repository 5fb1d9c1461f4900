"""
Which snippets leave when there is not room for all.

What is pinned or waits for its upload never leaves. Of the rest the lowest priority goes first,
then what is safe elsewhere, then the oldest; and no more of it than the bounds ask for. Where all
that may leave would not free the space that is wanted, nothing leaves for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.core.words import Word


class Bound(Word):
    """What may ask for a snippet's removal."""

    AGE = 'age'
    COUNT = 'count'
    BYTES = 'bytes'
    FREE_SPACE = 'free_space'


@dataclass(frozen=True)
class Quota:
    """What all snippets together may take; 0 is no bound."""

    bytes: int = 0
    age_s: float = 0.0
    count: int = 0


NO_QUOTA = Quota()


@dataclass(frozen=True)
class Kept:
    """A snippet as far as its removal is concerned; made_ns: wall clock at its start."""

    name: str
    bytes: int
    made_ns: int
    priority: int
    state: State


@dataclass(frozen=True)
class Removal:
    """A snippet that shall go, and the first bound that asked for it."""

    name: str
    because: Bound
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What shall go, in this order; unmet: bounds that do not hold even afterwards."""

    removals: tuple[Removal, ...]
    unmet: tuple[Bound, ...]


def plan(snippets: Sequence[Kept], quota: Quota, wall_ns: int, wanted_bytes: int = 0) -> Plan:
    """
    Return what must go until all bounds hold.

    :param wall_ns: now
    :param wanted_bytes: how much space the disk lacks besides the quota
    """
    removals: list[Removal] = []
    horizon = wall_ns - int(quota.age_s * SECOND) if quota.age_s else 0
    going = sorted(filter(_evictable, snippets), key=_rank)
    # Snippets do not make up for what others have put on the disk: then they may as well stay.
    hopeless = wanted_bytes > sum(one.bytes for one in going)
    excess = _excess(snippets, quota, 0 if hopeless else wanted_bytes)
    going.sort(key=lambda one: one.made_ns >= horizon)  # what is too old may be room enough
    for one in going:
        aged = [Bound.AGE] if one.made_ns < horizon else []
        pressing = aged + [bound for bound, more in excess.items() if more > 0]
        if not pressing:
            break
        removals.append(Removal(one.name, pressing[0], one.bytes))
        excess[Bound.COUNT] -= 1
        excess[Bound.BYTES] -= one.bytes
        excess[Bound.FREE_SPACE] -= one.bytes
    stuck = any(one.made_ns < horizon and not _evictable(one) for one in snippets)
    unmet = [bound for bound, more in excess.items() if more > 0]
    return Plan(tuple(removals),
                tuple([Bound.AGE] * stuck + unmet + [Bound.FREE_SPACE] * hopeless))


def _evictable(one: Kept) -> bool:
    return one.state.evictable


def _rank(one: Kept) -> tuple[int, bool, int, str]:
    return one.priority, one.state.upload is not Upload.DONE, one.made_ns, one.name


def _excess(snippets: Sequence[Kept], quota: Quota, wanted_bytes: int) -> dict[Bound, int]:
    """Return by how much each bound is exceeded; never for one that is off."""
    size = sum(one.bytes for one in snippets)
    return {Bound.COUNT: len(snippets) - quota.count if quota.count else 0,
            Bound.BYTES: size - quota.bytes if quota.bytes else 0,
            Bound.FREE_SPACE: wanted_bytes}
