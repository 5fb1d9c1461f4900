import pytest

from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.config_files import load_robot


@pytest.fixture(scope='session')
def robot() -> Robot:
    return load_robot('sim')
