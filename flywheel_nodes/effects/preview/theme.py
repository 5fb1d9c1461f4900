"""Colours of a picture, dark or light, and those of its series."""

from dataclasses import dataclass


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


def colour(index: int) -> str:
    """Return the colour of the n-th series."""
    return PALETTE[index % len(PALETTE)]
