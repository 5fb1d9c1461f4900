"""The policy files say of each node what it does, and nobody but the right one may drive."""

from xml.etree import ElementTree

import pytest

from flywheel_nodes.core import sros2, topics
from flywheel_nodes.core.processes import NOWHERE, PROCESSES


def test_every_process_of_a_robot_has_a_policy() -> None:
    assert set(sros2.HEARS) == {one.name for one in PROCESSES if one.only != NOWHERE}


@pytest.mark.parametrize('node', sros2.HEARS)
def test_a_policy_is_one_profile_in_one_enclave(node: str) -> None:
    root = ElementTree.fromstring(sros2.policy_xml(node))
    assert (root.tag, root.get('version')) == ('policy', '0.2.0')
    enclave, = root.iter('enclave')
    profile, = root.iter('profile')
    assert enclave.get('path') == f'/r1/{node}'
    assert profile.attrib == {'ns': '/r1', 'node': node}
    published = [one.text for one in profile.findall("topics[@publish='ALLOW']/topic")]
    assert published == list(sros2.says(node))


@pytest.mark.parametrize(('topic', 'writer'), [
    (topics.ROBOT_CMD_VEL, 'control_arbiter'), (topics.ROBOT_JOINTS, 'control_arbiter'),
    (topics.TELEOP_COMMAND, 'teleop_relay'), (topics.VERDICT, 'policy_monitor')])
def test_what_moves_the_robot_has_one_writer(topic: topics.Topic, writer: str) -> None:
    assert [node for node in sros2.HEARS if topic.name in sros2.says(node)] == [writer]
    assert not any('*' in sros2.says(node) for node in sros2.HEARS)
