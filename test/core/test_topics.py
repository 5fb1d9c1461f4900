"""Names live in one table: found again from full names, shadows and cameras included."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core import topics
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.nodes.messages import message_class

PARTS = st.from_regex('[a-z][a-z0-9_]{0,8}', fullmatch=True)
NAMES = st.lists(PARTS, min_size=1, max_size=3).map('/'.join)


@pytest.mark.parametrize('topic', topics.TOPICS, ids=lambda t: t.name)
def test_each_row_is_found_and_can_be_used(topic: topics.Topic) -> None:
    name = topic.name.replace('*', 'front')
    assert topics.find(name) is topic
    assert message_class(topic.type)
    assert topic.meaning and topic.qos.depth > 0
    assert topic.writer in {'policy', 'all nodes', *(p.name for p in PROCESSES)}


def test_names_are_unique() -> None:
    assert len({t.name for t in topics.TOPICS}) == len(topics.TOPICS)


def test_candidate_policies_count_as_policies() -> None:
    assert topics.find('shadow/next/joint_trajectory') is topics.POLICY_JOINTS
    assert topics.find('shadow/next/unheard_of') is None
    assert topics.find('shadow/next') is None


def test_unknown_names_are_not_found() -> None:
    assert topics.find('camera/front/image_raw/theora') is None
    assert topics.find('/joint_states') is None


@given(NAMES, st.sampled_from(('', '/', '/r1', 'r1', '/fleet/r1/', 'fleet/r1')))
def test_absolute_and_relative_undo_each_other(name: str, namespace: str) -> None:
    full = topics.absolute(name, namespace)
    assert full.startswith('/') and '//' not in full
    assert topics.relative(full, namespace) == name
    assert topics.absolute(full, namespace) == full


def test_names_of_another_robot_stay_absolute() -> None:
    assert topics.relative('/r2/odom', '/r1') == '/r2/odom'
    assert topics.relative('/r10/odom', '/r1') == '/r10/odom'
    assert topics.absolute('/diagnostics', '/r1') == '/diagnostics'


def test_a_camera_keeps_everything_but_its_name() -> None:
    front = topics.camera(topics.CAMERA, 'front')
    assert front.name == 'camera/front/image_raw/compressed'
    assert (front.type, front.qos, front.recorded) == (
        topics.CAMERA.type, topics.CAMERA.qos, topics.CAMERA.recorded)


def test_state_is_latched_so_that_a_snippet_can_start_with_it() -> None:
    assert all(t.qos.latched for t in topics.TOPICS if t.state)


def test_qos_reads_as_words() -> None:
    assert str(topics.Qos(200, latched=True)) == 'reliable, 200, latched'
    assert str(topics.Qos(1, False, lifespan_ms=200)) == 'best effort, 1, lifespan 200 ms'


def test_recorded_are_those_marked_so() -> None:
    names = {t.name for t in topics.recorded()}
    assert 'flywheel/ticks' in names and 'flywheel/metrics' not in names
