"""Colours of a picture, dark or light, and those of its series."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
import math


@dataclass(frozen=True)
class Theme:
    """What is behind and between the panels, and what is written on them."""

    page: str
    panel: str
    edge: str
    text: str
    faint: str
    grid: str


DARK = Theme('#111217', '#181b1f', '#2c3036', '#d8d9da', '#8e9299', '#2a2e35')
LIGHT = Theme('#f4f5f5', '#ffffff', '#dcdee3', '#24292e', '#6e747c', '#e6e8eb')

# Grafana's classic palette, in its order.
PALETTE = ('#7EB26D', '#EAB839', '#6ED0E0', '#EF843C', '#E24D42', '#1F78C1', '#BA43A9', '#705DA0',
           '#508642', '#CCA300', '#447EBC', '#C15C17', '#890F02', '#0A437C', '#6D1F62', '#584477',
           '#B7DBAB', '#F4D598', '#70DBED', '#F9BA8F', '#F29191', '#82B5D8', '#E5A8E2', '#AEA2E0')
ALIKE = 70  # of two colours this near in red, green and blue one is taken for the other


def free(count: int, taken: Iterable[str]) -> Iterator[str]:
    """Yield colours for so many series: none twice, or like one that is taken, while it lasts."""
    used = [_rgb(one) for one in taken]
    apart = [one for one in PALETTE
             if all(math.dist(_rgb(one), other) > ALIKE for other in used)]
    return islice(cycle(apart or PALETTE), count)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix('#')))
