import pytest

from flywheel_nodes.core.recording.selection import Selection


@pytest.mark.parametrize(('name', 'wanted'), [
    ('/r1/odom', True), ('/r1/policy/info', True), ('/r1/camera/front/image_raw', False),
    ('/r1/camera/front/image_raw/compressed', True), ('/r2/odom', False), ('/odom', False),
    ('/tf', True), ('/tf_static', True), ('/diagnostics', True), ('/rosout', False),
    ('/lidar/points', True),
])
def test_patterns_speak_of_the_namespace_unless_they_start_with_a_slash(
        name: str, wanted: bool) -> None:
    selection = Selection('/r1', ('*', '/lidar/*'), ('camera/*/image_raw', '/rosout'))
    assert selection.wants(name) is wanted


def test_without_a_namespace_everything_is_the_robots_own() -> None:
    selection = Selection('/', ('*',), ('/rosout', '/tf_static'))
    assert selection.wants('/imu/data')
    assert not selection.wants('/rosout')
    assert not selection.wants('/tf_static')


@pytest.mark.parametrize('name', [
    'flywheel/events', 'flywheel/ticks', 'flywheel/control', 'policy/joint_trajectory',
    'shadow/next/joint_trajectory', 'teleop/command', 'robot/cmd_vel'])
def test_what_explains_a_snippet_is_in_it_whatever_is_selected(name: str) -> None:
    assert Selection('/r1', ('joint_states',), ('*', '/r1/*')).wants(f'/r1/{name}')
    assert not Selection('/r1', ('joint_states',), ()).wants(f'/r2/{name}')


def test_other_topics_can_be_left_out() -> None:
    selection = Selection('/r1', ('*',), ('flywheel/*', 'odom'))
    assert not selection.wants('/r1/flywheel/metrics')
    assert not selection.wants('/r1/odom')
    assert selection.excludes('/r1/odom')
    assert not selection.excludes('/r1/imu/data')
