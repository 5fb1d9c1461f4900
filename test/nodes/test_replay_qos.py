import pytest
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, ReliabilityPolicy

from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.nodes.replay_qos import DEPTH, depth_of, MOST, qos_of

LATCHED = Offer(durability='transient_local', depth=1)


def test_without_a_record_it_is_reliable_and_volatile() -> None:
    profile = qos_of([])
    assert profile.durability is DurabilityPolicy.VOLATILE
    assert profile.reliability is ReliabilityPolicy.RELIABLE
    assert profile.depth == DEPTH


def test_the_recorded_qos_is_offered_again() -> None:
    profile = qos_of([Offer('best_effort', deadline_ns=10**9, lifespan_ns=200_000_000,
                            liveliness='manual_by_topic', lease_ns=3 * 10**9)])
    assert profile.reliability is ReliabilityPolicy.BEST_EFFORT
    assert profile.deadline.nanoseconds == 10**9
    assert profile.lifespan.nanoseconds == 200_000_000
    assert profile.liveliness is LivelinessPolicy.MANUAL_BY_TOPIC
    assert profile.liveliness_lease_duration.nanoseconds == 3 * 10**9


def test_publishers_that_differed_become_the_strongest_of_them() -> None:
    profile = qos_of([Offer('best_effort'), LATCHED, Offer(lifespan_ns=5), Offer(lifespan_ns=3)])
    assert profile.reliability is ReliabilityPolicy.RELIABLE
    assert profile.durability is DurabilityPolicy.TRANSIENT_LOCAL
    assert profile.lifespan.nanoseconds == 3


@pytest.mark.parametrize(('offers', 'depth'), [
    ([], DEPTH), ([Offer(depth=5)], DEPTH), ([Offer(depth=500), Offer()], 500), ([LATCHED], 1),
    ([LATCHED, LATCHED], 2), ([Offer(durability='transient_local')], DEPTH)])
def test_latched_topics_hold_what_they_held(offers: list[Offer], depth: int) -> None:
    assert depth_of(offers) == depth
    assert qos_of(offers).depth == depth


@pytest.mark.parametrize(('rate', 'depth'), [
    (0.1, DEPTH), (2.0, 2 * DEPTH), (1e9, MOST), (float('inf'), DEPTH)])
def test_a_queue_holds_the_same_time_at_any_rate(rate: float, depth: int) -> None:
    assert depth_of([Offer(depth=5)], rate) == qos_of([], rate).depth == depth
    assert depth_of([LATCHED], rate) == 1


def test_the_infinite_times_of_older_bags_are_infinite() -> None:
    assert qos_of([Offer(lifespan_ns=2147483651294967295)]).lifespan == qos_of([]).lifespan
