import importlib.util

import pytest

from flywheel_nodes.adapters import kinds
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.config_files import load_robot, robot_names
from flywheel_nodes.nodes.robot_adapter import require_messages

VENDORS = [name for name in robot_names() if kinds.load(load_robot(name)).packages]


@pytest.mark.parametrize('name', VENDORS)
def test_a_missing_package_of_the_vendors_is_named_with_how_to_install_it(name: str) -> None:
    adapter = kinds.load(load_robot(name))
    if any(map(importlib.util.find_spec, adapter.packages)):
        pytest.skip('it is installed here')
    with pytest.raises(ConfigError) as told:
        require_messages(adapter)
    reason, _, hint = str(told.value).partition(' is not installed: ')
    assert reason.startswith('message type ') and hint in adapter.packages.values()
