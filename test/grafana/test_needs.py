"""What is not installed gets one line; what of ours is missing is a fault and says so."""

from importlib import import_module

import pytest

from flywheel_nodes.commands.dashboards.needs import needs
from flywheel_nodes.core.errors import ConfigError


def test_what_is_not_installed_gets_one_line() -> None:
    with pytest.raises(ConfigError) as told, needs('draw', 'a pencil'):
        import_module('pencil_of_somebody_else')
    assert str(told.value) == ('dashboards draw needs a pencil: run '
                               "`pip install 'flywheel_nodes[dashboards]'`")


def test_what_of_ours_is_missing_is_a_fault() -> None:
    with pytest.raises(ModuleNotFoundError, match='pencil'), needs('draw', 'a pencil'):
        import_module('flywheel_nodes.pencil')
