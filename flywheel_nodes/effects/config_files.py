"""Configuration as files: where they lie, and YAML with one clear line per mistake."""

import os
from pathlib import Path
import stat
import sys
from typing import Any

import yaml

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse
from flywheel_nodes.core.robot import Robot

PACKAGE = 'flywheel_nodes'


def share_dir() -> Path:
    """Return the folder that holds config/ and launch/: the checkout or the install space."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / 'package.xml').is_file():
        return checkout
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    for prefix in filter(None, prefixes):
        share = Path(prefix) / 'share' / PACKAGE
        if (share / 'config').is_dir():
            return share
    raise ConfigError(f'{PACKAGE}: its config folder is in none of {", ".join(prefixes)}: '
                      'install the package again')


def file_mode(path: Path, what: str) -> int:
    """Return the mode of a regular file; raises ConfigError, headed by what, for anything else."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f'{what}: {path}: {error.strerror}') from None
    if not stat.S_ISREG(mode):
        raise ConfigError(f'{what}: {path}: not a regular file')
    return mode


def read_text(path: Path) -> str:
    """Return the content of a file; raises ConfigError when it is absent or no UTF-8."""
    try:
        return path.read_text(encoding='utf-8')
    except OSError as error:
        raise ConfigError(f'{path}: {error.strerror}') from None
    except UnicodeDecodeError as error:
        raise yaml_error(path, error) from None


def read_if_there(path: Path) -> str:
    """Return the content of a file, '' when it is absent; raises ConfigError as read_text()."""
    try:
        path.stat()
    except FileNotFoundError:
        return ''
    except OSError as error:
        raise ConfigError(f'{path}: {error.strerror}') from None
    return read_text(path)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file; raises ConfigError when it is absent or malformed."""
    text = read_text(path)
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise yaml_error(path, error) from None


def yaml_error(path: Path, error: Exception) -> ConfigError:
    """Return what is wrong with a YAML file as one line with its place."""
    mark = getattr(error, 'problem_mark', None)
    where = f'{path}:{mark.line + 1}' if mark else str(path)
    problem = getattr(error, 'problem', None) or str(error)
    return ConfigError(f'{where}: not valid YAML: {problem}')


def robot_names() -> list[str]:
    """Return the robots that come with the package."""
    return sorted(p.stem for p in (share_dir() / 'config' / 'robots').glob('*.yaml'))


def load_robot(name: str) -> Robot:
    """
    Read a robot's file.

    :param name: the name of a file in config/robots, or a path to one
    :raises ConfigError: for an unknown name or a file that does not say what a robot needs
    """
    if name.endswith('.yaml'):
        return parse(Robot, read_yaml(Path(name)), name)
    if name not in robot_names():
        raise ConfigError(f'unknown robot {name!r}: known are {", ".join(robot_names())}; '
                          'or give the path of a .yaml file')
    path = share_dir() / 'config' / 'robots' / f'{name}.yaml'
    return parse(Robot, read_yaml(path), path.name)


def default_data_dir(robot: str) -> Path:
    """Return where a robot's data lies when nobody says otherwise."""
    base = os.environ.get('XDG_DATA_HOME') or str(Path.home() / '.local' / 'share')
    return Path(base) / 'flywheel' / Path(robot).stem
