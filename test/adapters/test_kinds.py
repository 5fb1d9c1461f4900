from dataclasses import replace
from pathlib import Path

import pytest

from flywheel_nodes.adapters import base, kinds
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.config_files import load_robot, robot_names
from flywheel_nodes.nodes.messages import message_class

NEUTRAL = {t.name: t for t in topics.TOPICS}
STATES = (topics.ESTOP, topics.CONTROL_OWNER, topics.ROBOT_MODE)
SIM = load_robot('sim')


def test_an_unknown_adapter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown adapter 'base': known are .*sim"):
        kinds.load(replace(SIM, adapter='base'))


def test_an_option_or_an_action_that_the_adapter_has_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"sim: option wheels: 'six' is unknown .*known: none"):
        kinds.load(replace(SIM, options={'wheels': 'six'}))
    with pytest.raises(ConfigError, match="estop_action 'damp' is not one of stop"):
        kinds.load(replace(SIM, estop_action='damp'))


def test_every_robot_names_an_adapter_that_exists() -> None:
    assert {load_robot(name).adapter for name in robot_names()} <= set(kinds.names())


@pytest.mark.parametrize('name', robot_names())
def test_every_robot_has_the_same_shape(name: str) -> None:
    robot = load_robot(name)
    adapter = kinds.load(robot)
    assert adapter.name == robot.adapter
    for route in adapter.inputs:
        assert NEUTRAL[route.neutral.name].writer == 'robot_adapter'
        assert route.convert or route.native.type == route.neutral.type
    for state in adapter.states:
        assert state.neutral in STATES and (state.sources or state.neutral == topics.CONTROL_OWNER)
    for command in adapter.commands:
        assert command.neutral in (topics.ROBOT_CMD_VEL, topics.ROBOT_JOINTS)
    rows = [*(r.native for r in adapter.inputs), *(c.native for c in adapter.commands)]
    assert not any(row.recorded for row in rows)


@pytest.mark.parametrize('name', robot_names())
def test_what_stops_a_robot_is_a_message_of_the_native_topic(
        name: str, vendor_messages: Path) -> None:
    robot = load_robot(name)
    view = base.View(robot, message_class, Now(1, 1_500_000_000))
    for command in kinds.load(robot).commands:
        message = command.stop(view) if command.stop else None
        if message is not None:  # an arm of which nothing is known is left to its controller
            assert isinstance(message, message_class(command.native.type))
