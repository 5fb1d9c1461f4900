from itertools import product

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.recording.offers import distinct, Offer, subscriptions

OFFERS = [Offer(reliability, durability) for reliability, durability in product(
    ('reliable', 'best_effort'), ('volatile', 'transient_local'))]


@given(st.lists(st.sampled_from(OFFERS), min_size=1, max_size=6))
def test_every_publisher_is_heard_and_every_state_too(offers: list[Offer]) -> None:
    asked = subscriptions(offers, 100)
    for offer in offers:
        heard = [qos for qos in asked if (offer.reliable or not qos.reliable)
                 and (offer.latched or not qos.latched)]
        assert heard
        # The middleware sends what is old to reliable subscriptions only.
        assert any(qos.latched and qos.reliable for qos in heard) == offer.keeps
    assert asked[0].reliable == all(offer.reliable for offer in offers)
    assert all(qos.depth == 100 for qos in asked)


@pytest.mark.parametrize('offer', OFFERS)
def test_alike_publishers_get_what_they_offer(offer: Offer) -> None:
    (qos,) = subscriptions([offer, offer], 10)
    assert (qos.reliable, qos.latched) == (offer.reliable, offer.keeps)


def test_a_profile_has_the_names_of_version_9() -> None:
    assert distinct(OFFERS + OFFERS) == tuple(OFFERS)
    profile = Offer(durability='transient_local', lifespan_ns=1_200_000_000).profile()
    assert profile['durability'] == 'transient_local'
    assert profile['lifespan'] == {'sec': 1, 'nsec': 200_000_000}
    assert profile['deadline'] == {'sec': 9223372036, 'nsec': 854775807}
