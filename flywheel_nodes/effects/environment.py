"""What must be right before rclpy starts, because it would end the process without a word."""

from collections.abc import Sequence
from itertools import pairwise
import os
from pathlib import Path
import sys

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.params_files import params_file
from flywheel_nodes.effects.params_files import value as ros_value

_INDEX = Path('share') / 'ament_index' / 'resource_index' / 'rmw_typesupport'
_PARAMS = ('-p', '--param')
_CHOOSER = 'rmw_implementation'  # what loads the one that is wanted
_RULES = (*_PARAMS, '-r', '--remap')


def check(args: Sequence[str]) -> None:
    """
    Look at RMW, parameter files and the form of ROS arguments.

    :param args: the process' arguments after its name
    :raises ConfigError: for an RMW that is not installed, a parameter file that does not read,
        or a rule without :=
    """
    _check_rmw()
    for flag, rule in pairwise(args):
        name, assigned, value = rule.partition(':=')
        if flag == '--params-file':
            params_file(Path(rule))
        elif flag in _RULES and not assigned:
            raise ConfigError(f'{flag} {rule}: NAME:=VALUE is needed')
        elif flag in _PARAMS:
            ros_value(value, f'{flag} {name}')


def middlewares() -> list[str]:
    """Return the RMW implementations that are installed."""
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    folders = [Path(p) / _INDEX for p in prefixes if p]
    return sorted({f.name for folder in folders if folder.is_dir() for f in folder.iterdir()
                   if f.name.startswith('rmw_') and f.name != _CHOOSER})


def _check_rmw() -> None:
    known = middlewares()
    wanted = os.environ.get('RMW_IMPLEMENTATION', '')
    if not known:
        raise ConfigError('no ROS middleware (RMW) is installed: install '
                          'ros-$ROS_DISTRO-rmw-fastrtps-cpp, or source your ROS set-up file')
    if wanted and wanted not in known:
        raise ConfigError(f'RMW_IMPLEMENTATION={wanted} is not installed (found: '
                          f'{", ".join(known)}): install it or unset RMW_IMPLEMENTATION')
