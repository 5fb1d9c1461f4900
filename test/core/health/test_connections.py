"""Pairs that never connect are counted, of so many kinds as there is time for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flywheel_nodes.core.health.connections import mismatches, MOST_KINDS

KINDS = st.lists(st.sampled_from(['best_effort', 'reliable']), max_size=8)


def connect(offer: str, asked: str) -> bool:
    return offer == 'reliable' or asked == 'best_effort'


@settings(max_examples=40)
@given(KINDS, KINDS)
def test_all_pairs_that_do_not_connect_are_counted(offers: list[str], asked: list[str]) -> None:
    assert mismatches(offers, asked, connect) == sum(
        not connect(offer, ask) for offer in offers for ask in asked)


def test_kinds_are_bounded() -> None:
    asked = 0

    def never(offer: int, ask: int) -> bool:
        nonlocal asked
        asked += 1
        return False
    assert mismatches(range(1000), range(1000), never) == asked == MOST_KINDS ** 2
