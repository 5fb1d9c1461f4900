"""What launch/robot.launch.py starts, in plain values, made from the table of processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import processes_for
from flywheel_nodes.effects.config_files import load_robot, PACKAGE, params_file

RESPAWN_DELAY_S = 2.0
LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')


@dataclass(frozen=True)
class Argument:
    """One argument of the launch file."""

    default: str
    doc: str


ARGUMENTS: dict[str, Argument] = {
    'robot': Argument('sim', 'a robot of config/robots, or a path to its file'),
    'namespace': Argument('', "the robot's namespace"),
    'data_dir': Argument('', 'where snippets lie; empty: $XDG_DATA_HOME/flywheel/ROBOT'),
    'params_file': Argument('', 'a ROS parameter file; start from config/defaults.yaml'),
    'log_level': Argument('info', ', '.join(LOG_LEVELS)),
}


@dataclass(frozen=True)
class Start:
    """One node to start; parameters override those of the file before them."""

    package: str
    executable: str
    name: str
    namespace: str
    params_files: tuple[str, ...]
    parameters: dict[str, str]
    ros_arguments: tuple[str, ...]
    respawn_delay: float = RESPAWN_DELAY_S


def plan(given: Mapping[str, str]) -> list[Start]:
    """
    Return the nodes to start.

    :param given: a value for each of ARGUMENTS
    :raises ConfigError: for an unknown robot, a parameter file that does not read, a level
    """
    if given['log_level'] not in LOG_LEVELS:
        raise ConfigError(f'log_level: {given["log_level"]!r} is not one of '
                          f'{", ".join(LOG_LEVELS)}')
    if given['params_file']:
        params_file(Path(given['params_file']))
    parameters = {name: given[name] for name in ('robot', 'data_dir') if given[name]}
    return [Start(PACKAGE, process.name, process.name, given['namespace'],
                  tuple(filter(None, [given['params_file']])), parameters,
                  ('--log-level', given['log_level']))
            for process in processes_for(load_robot(given['robot']).robot)]
