"""What launch/robot.launch.py is given and what follows from it, in plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flywheel_nodes.core.config import ExporterConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import names, PROCESSES, running
from flywheel_nodes.effects import scheduling
from flywheel_nodes.effects.bring_up import configurations, Wanted
from flywheel_nodes.effects.config_files import default_data_dir, load_robot, share_dir

BAD_CONFIGURATION = 2
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
    'without': Argument('', 'nodes to leave out, e.g. "policy teleop_relay"'),
    'cpus': Argument('', 'CPUs by node, e.g. "control_arbiter=2 snippet_recorder=0-1,3"'),
    'nice': Argument('', 'nice level by node, e.g. "control_arbiter=-5 health_exporter=10"'),
}


def key(process: str, what: str) -> str:
    """Return the name of a launch configuration that is one process' own."""
    return f'{process}.{what}'


def choices(given: Mapping[str, str]) -> dict[str, str]:
    """
    Return what the launch file decides by: which nodes run, where, and with which file.

    :param given: a value for each of ARGUMENTS
    :raises ConfigError: for anything `flywheel up` would refuse
    """
    if given['log_level'] not in LOG_LEVELS:
        raise ConfigError(f'log_level: {given["log_level"]!r} is not one of '
                          f'{", ".join(LOG_LEVELS)}')
    file = given['params_file'] or str(share_dir() / 'config' / 'defaults.yaml')
    absent = names(given['without'])
    runs = {process.name for process in running(load_robot(given['robot']).robot, absent)}
    data_dir = Path(given['data_dir'] or default_data_dir(given['robot'])).absolute()
    wanted = Wanted(given['robot'], given['namespace'], str(data_dir), (Path(file),),
                    _settings(given), without=absent)
    configs = configurations(wanted, data_dir, PROCESSES)
    found = {'params_file': file}
    for name, config in configs.items():
        if name in runs:
            scheduling.check(name, config)
        found |= {key(name, 'runs'): str(name in runs).lower(), key(name, 'cpus'): config.cpus,
                  key(name, 'nice'): str(config.nice)}
        if isinstance(config, ExporterConfig):
            found[key(name, 'without')] = config.without
    return found


def _settings(given: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for what, form in (('cpus', '{}.cpus:="{}"'), ('nice', '{}.nice:={}')):
        for part in given[what].replace(';', ' ').split():
            node, equals, value = part.partition('=')
            if not equals or not value:
                raise ConfigError(f'{what}: {part!r}: NODE=VALUE is needed, spaces in between')
            found.append(form.format(node, value))
    return tuple(found)
