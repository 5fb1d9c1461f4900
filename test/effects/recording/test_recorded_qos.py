import pytest
from rosbags.interfaces import QosTime
from rosbags.rosbag2 import ReaderError

from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.effects.recording.bag_metadata import qos_text
from flywheel_nodes.effects.recording.recorded_qos import offers, offers_of_text
from test.effects.recording.bags import qos

OLD = """
- history: 1
  depth: 5
  reliability: 2
  durability: 1
  deadline: {sec: 2147483647, nsec: 4294967295}
  lifespan: {sec: 0, nsec: 200000000}
  liveliness: 1
  liveliness_lease_duration: {sec: 2147483647, nsec: 4294967295}
  avoid_ros_namespace_conventions: false
"""


def test_what_we_write_is_read_again() -> None:
    ours = (Offer('best_effort', depth=3, lifespan_ns=5), Offer(durability='transient_local'))
    assert offers_of_text(qos_text(ours)) == ours
    assert offers_of_text('') == ()


def test_older_versions_use_numbers() -> None:
    (offer,) = offers_of_text(OLD)
    assert (offer.reliability, offer.durability, offer.history, offer.depth) == (
        'best_effort', 'transient_local', 'keep_last', 5)
    assert offer.lifespan_ns == 200_000_000


def test_of_profiles() -> None:
    (offer,) = offers([qos(latched=True, lifespan=QosTime(1, 5))])
    assert offer.latched and offer.reliable and offer.lifespan_ns == 1_000_000_005


@pytest.mark.parametrize('text', ['[', '- 1', '- {}'])
def test_what_is_none_is_said(text: str) -> None:
    with pytest.raises((ReaderError, TypeError, KeyError)):
        offers_of_text(text)
