import pytest

from flywheel_nodes.adapters import base
from flywheel_nodes.core import topics
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.config_files import load_robot, robot_names
from flywheel_nodes.nodes.messages import message_class

NEUTRAL = {t.name: t for t in topics.TOPICS}


def test_an_unknown_adapter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown adapter 'base': known are .*sim"):
        base.load('base')


def test_every_robot_names_an_adapter_that_exists() -> None:
    assert {load_robot(name).adapter for name in robot_names()} <= set(base.names())


@pytest.mark.parametrize('name', base.names())
def test_every_adapter_has_the_same_shape(name: str) -> None:
    adapter = base.load(name)
    assert adapter.name == name
    for route in adapter.inputs:
        assert NEUTRAL[route.neutral.name].writer == 'robot_adapter'
        assert route.convert or route.native.type == route.neutral.type
    for command in adapter.commands:
        assert command.neutral in (topics.ROBOT_CMD_VEL, topics.ROBOT_JOINTS)
    rows = [*(r.native for r in adapter.inputs), *(c.native for c in adapter.commands)]
    assert not any(row.recorded or row.name in NEUTRAL for row in rows)


@pytest.mark.parametrize('name', base.names())
def test_what_stops_a_robot_is_a_message_of_the_native_topic(name: str) -> None:
    robot = load_robot('sim')
    for command in base.load(name).commands:
        if command.stop:
            message = command.stop(robot, message_class, 1_500_000_000)
            assert isinstance(message, message_class(command.native.type))
