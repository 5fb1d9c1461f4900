from typing import Any

import pytest
from rclpy.topic_endpoint_info import TopicEndpointInfo

from flywheel_nodes.nodes.channel import Channel
from flywheel_nodes.nodes.distro import type_hash_of

STRING = 'std_msgs/msg/String'


def publisher(kind: str, number: int) -> Any:
    if not hasattr(TopicEndpointInfo, 'topic_type_hash'):
        pytest.skip('this distribution does not tell hashes of types')
    return TopicEndpointInfo(topic_type=kind, topic_type_hash={
        'version': 1, 'value': bytes([number]) * 32})


def test_a_channel_is_for_one_definition_of_one_type() -> None:
    first, second = publisher(STRING, 1), publisher(STRING, 2)
    channel = Channel(1, '/a', 'a', STRING)
    assert channel.fits(first)
    assert not channel.fits(publisher('std_msgs/msg/Int32', 1))
    channel.type_hash = type_hash_of(first)
    assert channel.type_hash.startswith('RIHS01_')
    assert channel.fits(first)
    assert not channel.fits(second)
    assert channel.fits(TopicEndpointInfo(topic_type=STRING)), 'nobody knows'
