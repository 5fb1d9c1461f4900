"""The kinds of robots that come with the package: one module of adapters each."""

from collections.abc import Mapping
import importlib
import pkgutil
import re
from types import ModuleType

from flywheel_nodes.adapters.base import Adapter, NAME
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Robot


def names() -> list[str]:
    """Return the adapters that come with the package."""
    package = importlib.import_module('flywheel_nodes.adapters')
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__)
                  if hasattr(_module(module.name), 'adapter'))


def load(robot: Robot) -> Adapter:
    """
    Return the adapter of a robot.

    :raises ConfigError: for one that does not exist, an option it has not, or an estop_action
    """
    if robot.adapter not in names():
        raise ConfigError(f'unknown adapter {robot.adapter!r}: known are {", ".join(names())}; '
                          'correct adapter in the robot file')
    module = _module(robot.adapter)
    _check_options(robot, getattr(module, 'OPTIONS', {}))
    adapter = module.adapter(robot)
    assert isinstance(adapter, Adapter)
    if robot.estop_action not in (*adapter.estops, 'stop'):
        raise ConfigError(f'{robot.robot}: estop_action {robot.estop_action!r} is not one of '
                          f'{", ".join(sorted({"stop", *adapter.estops}))}')
    return adapter


def _check_options(robot: Robot, options: Mapping[str, tuple[str, ...]]) -> None:
    for name, value in robot.options.items():
        if not _is_one_of(value, options.get(name, ())):
            known = '; '.join(f'{key}: {" | ".join(values)}' for key, values in options.items())
            raise ConfigError(f'{robot.robot}: option {name}: {value!r} is unknown to the adapter '
                              f'{robot.adapter} (known: {known or "none"})')


def _is_one_of(value: str, values: tuple[str, ...]) -> bool:
    if values == NAME:
        return re.fullmatch(r'[A-Za-z]\w*(/[A-Za-z]\w*)*', value, re.ASCII) is not None
    return value in values


def _module(name: str) -> ModuleType:
    return importlib.import_module(f'flywheel_nodes.adapters.{name}')
