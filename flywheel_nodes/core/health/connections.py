"""Which publishers and subscriptions of a topic can never connect."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import islice
from typing import TypeVar

MOST_KINDS = 64
E = TypeVar('E', bound=Hashable)


def mismatches(publishers: Iterable[E], subscriptions: Iterable[E],
               connect: Callable[[E, E], bool]) -> int:
    """
    Return the number of pairs that do not connect.

    Only the first MOST_KINDS kinds on each side are compared.

    :param connect: asked once for each pair of kinds, because many endpoints are alike
    """
    offered, asked = Counter(publishers), Counter(subscriptions)
    return sum(many * times
               for offer, many in islice(offered.items(), MOST_KINDS)
               for ask, times in islice(asked.items(), MOST_KINDS) if not connect(offer, ask))
