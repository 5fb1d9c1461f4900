"""A robot that cannot stop within its bound is refused before anything starts."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.config import OnRobotsBus
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import (
    BaseAxis,
    check_stop_bound,
    Joint,
    Native,
    native_of,
    Robot,
)

BASE = BaseAxis('vx', velocity=1.0, acceleration=1.0, stop_deceleration=5.0)
JOINT = Joint('elbow', -1.0, 1.0, velocity=2.0, acceleration=4.0, stop_deceleration=10.0)
ROBOT = Robot('r', 'sim', 'm', 'arm', base=(BASE,), joints=(JOINT,))


def test_axes_are_the_base_then_the_joints() -> None:
    assert ROBOT.axes == ('vx', 'elbow')


@pytest.mark.parametrize(('change', 'needle'), [
    ({'joints': (JOINT, JOINT)}, 'named twice: vx, elbow, elbow'),
    ({'joints': (replace(JOINT, lower=1.0),)}, 'elbow: lower is not below upper'),
    ({'stop_bound': 0.6}, 'say why in stop_bound_reason')])
def test_contradictions_are_refused(change: dict[str, object], needle: str) -> None:
    with pytest.raises(ConfigError, match=needle):
        replace(ROBOT, **change)  # type: ignore[arg-type]


def test_a_longer_bound_with_its_reason_is_taken() -> None:
    robot = replace(ROBOT, stop_bound=1.0, stop_bound_reason='heavy base')
    check_stop_bound(robot, 0.75)


def test_the_bound_counts_detection_and_braking() -> None:
    check_stop_bound(ROBOT, 0.29)
    with pytest.raises(ConfigError, match=r'vx stops after 0.51 s .*bound is 0.5 s'):
        check_stop_bound(ROBOT, 0.31)


@given(st.floats(0.0, 1.0), st.floats(0.001, 20.0), st.floats(0.01, 200.0))
def test_what_passes_really_stops_in_time(detection: float, speed: float, brake: float) -> None:
    robot = replace(ROBOT, base=(replace(BASE, velocity=speed, stop_deceleration=brake),),
                    joints=())
    try:
        check_stop_bound(robot, detection)
    except ConfigError:
        assert detection + speed / brake > robot.stop_bound
    else:
        assert detection + speed / brake <= robot.stop_bound


@pytest.mark.parametrize('text', ['192.168.123.1/24', 'cable', '192.168.123.0/33', '::/0'])
def test_a_network_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match='native: network'):
        Native(network=text)


def test_parameters_come_before_what_the_file_says_of_the_bus() -> None:
    native = Native(domain=4, namespace='/dog', network='192.168.123.0/24')
    assert native_of(native, OnRobotsBus()) == native
    other = OnRobotsBus(native_domain=0, native_discovery='localhost')
    assert native_of(native, other) == replace(native, domain=0, discovery='localhost')
