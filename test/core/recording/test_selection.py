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
