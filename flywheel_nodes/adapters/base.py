"""
What an adapter is: tables from native topics to neutral ones, and from our commands to native.

Each robot is one module here with a constant ADAPTER. Nothing in it imports ROS: functions get
messages, and message classes from `make`, so that a package of the vendor is needed only when its
robot is.
"""

from collections.abc import Callable
from dataclasses import dataclass
import importlib
import pkgutil
from types import ModuleType
from typing import Any

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Topic

Make = Callable[[str], Any]
"""Gives the message class behind package/msg/Type."""

Convert = Callable[[Any, Make], Any]
"""Makes the neutral message of a native one; None: it says nothing about this topic."""

Limit = Callable[[Any, Robot, Make], tuple[Any, bool]]
"""
Makes the native message of a command within the robot's limits, and tells whether it had to clamp.

Raises WireError for a command that must not be sent at all.
"""

Stop = Callable[[Robot, Make, int], Any]
"""Makes the native message that stops the robot, for a wall stamp in ns."""


@dataclass(frozen=True)
class Route:
    """
    A native topic and the neutral one it becomes.

    Several routes may start from one native topic. Without convert the types are the same, and
    bytes pass through as they are.
    """

    native: Topic
    neutral: Topic
    convert: Convert | None = None


@dataclass(frozen=True)
class Command:
    """
    A command topic of ours and the native one it becomes.

    stop is what goes out on stale input, None where the robot holds by itself. It brings the robot
    to rest and keeps it standing: on legs, damping is not a stop.
    """

    neutral: Topic
    native: Topic
    limit: Limit
    stop: Stop | None = None


@dataclass(frozen=True)
class Adapter:
    """One kind of robot: what it tells and what it can be told."""

    name: str
    inputs: tuple[Route, ...]
    commands: tuple[Command, ...]

    def by_native(self) -> dict[Topic, list[Route]]:
        """Return the routes of each native topic."""
        found: dict[Topic, list[Route]] = {}
        for route in self.inputs:
            found.setdefault(route.native, []).append(route)
        return found


def names() -> list[str]:
    """Return the adapters that come with the package."""
    package = importlib.import_module('flywheel_nodes.adapters')
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__)
                  if hasattr(_module(module.name), 'ADAPTER'))


def load(name: str) -> Adapter:
    """Return an adapter by name; raises ConfigError for one that does not exist."""
    if name not in names():
        raise ConfigError(f'unknown adapter {name!r}: known are {", ".join(names())}; '
                          'correct adapter in the robot file')
    adapter = _module(name).ADAPTER
    assert isinstance(adapter, Adapter)
    return adapter


def _module(name: str) -> ModuleType:
    return importlib.import_module(f'flywheel_nodes.adapters.{name}')
