"""Places are bounded; strangers make way, guests stay."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.teleop.places import Places

DEEDS = st.lists(st.tuples(st.sampled_from(('arrive', 'welcome', 'leave')), st.integers(0, 30)),
                 max_size=200)


@given(DEEDS, st.integers(1, 5))
def test_bounded_and_only_strangers_go(deeds: list[tuple[str, int]], most: int) -> None:
    places, strangers, guests = Places(most), list[int](), set[int]()
    for deed, number in deeds:
        if deed == 'arrive':
            assert places.full == (len(guests) >= most)
            if places.full or number in strangers or number in guests:
                continue
            gone = places.arrive(number)
            full = len(strangers) + len(guests) >= most
            assert gone == (strangers.pop(0) if full else None)
            strangers.append(number)
        elif deed == 'welcome':
            places.welcome(number)
            if number in strangers:
                strangers.remove(number)
                guests.add(number)
        else:
            places.leave(number)
            strangers = [one for one in strangers if one != number]
            guests.discard(number)
        assert len(places) == len(strangers) + len(guests) <= most
