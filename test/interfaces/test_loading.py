import os
from pathlib import Path
from random import Random
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.nodes.messages import message_class
from test.decoding import same
from test.harness import Bench
from test.interfaces import build, sources, values
from test.interfaces.loading import loaded

NAMES = sorted(sources.definitions())
STORE = sources.typestore()
LOW_STATE = 'unitree_go/msg/LowState'


@pytest.mark.parametrize('name', NAMES)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_two_implementations_agree_on_every_byte(
        vendor_messages: Path, name: str, seed: int) -> None:
    value = values.message(STORE, name, Random(seed))
    written = bytes(STORE.serialize_cdr(value, name))
    message = deserialize_message(written, message_class(name))
    assert same(message, value)
    # rclpy leaves in the gaps, and behind the end, what was in its memory: reading drops that.
    again = serialize_message(message)[:len(written)]
    assert STORE.serialize_cdr(STORE.deserialize_cdr(again, name), name) == written


@pytest.mark.parametrize('name', NAMES)
def test_two_implementations_agree_on_the_hash(vendor_messages: Path, name: str) -> None:
    assert msgdefs.type_hash(name) == STORE.hash_rihs01(name)
    assert msgdefs.definition(name).startswith(sources.definitions()[name])


def test_a_state_crosses_the_wire(vendor_messages: Path, bench: Bench) -> None:
    value = values.message(STORE, LOW_STATE, Random(1))
    sent = bytes(STORE.serialize_cdr(value, LOW_STATE))
    type_, got = message_class(LOW_STATE), []
    node = bench.probe.node
    node.create_subscription(type_, 'lowstate', got.append, 1, raw=True)
    publisher = node.create_publisher(type_, 'lowstate', 1)
    bench.until(lambda: got, 'a state', each=lambda: publisher.publish(sent))
    assert got[0] == sent
    [endpoint] = node.get_publishers_info_by_topic(f'{bench.namespace}/lowstate')
    assert endpoint.topic_type == LOW_STATE


def test_another_process_reads_the_same(vendor_messages: Path) -> None:
    script = ('from unitree_api.msg import Request; from sys import stdin, stdout; '
              'from rclpy.serialization import deserialize_message as read; '
              'print(read(stdin.buffer.read(), Request).header.identity.api_id)')
    request = message_class('unitree_api/msg/Request')()
    request.header.identity.api_id = 1008
    done = subprocess.run(
        [sys.executable, '-c', script], env=build.environment(vendor_messages), check=True,
        input=serialize_message(request), stdout=subprocess.PIPE)
    assert int(done.stdout) == 1008


def test_afterwards_nothing_is_installed(vendor_messages: Path) -> None:
    path, ament = list(sys.path), os.environ['AMENT_PREFIX_PATH']
    folder = build.prefix(['tf2_msgs'])
    for _ in range(2):
        with pytest.raises(ConfigError, match='install the ROS package tf2_msgs'):
            message_class('tf2_msgs/msg/TFMessage')
        with loaded(folder):
            assert serialize_message(message_class('tf2_msgs/msg/TFMessage')())
            assert build.prefix(['tf2_msgs']) == folder  # what is loaded is no part of its key
        assert (sys.path, os.environ['AMENT_PREFIX_PATH']) == (path, ament)
