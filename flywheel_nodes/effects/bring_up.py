"""What `flywheel up` will run, checked as a whole before anything is started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
import socket
import sys
from typing import Any

from flywheel_nodes.core.config import (
    ArbiterConfig,
    Common,
    ExporterConfig,
    RecorderConfig,
    RelayConfig,
)
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse, walk
from flywheel_nodes.core.processes import names, Process, running
from flywheel_nodes.core.robot import check_stop_bound
from flywheel_nodes.core.ros_names import namespace
from flywheel_nodes.core.ros_params import effective
from flywheel_nodes.effects import environment, scheduling
from flywheel_nodes.effects.config_files import (
    default_data_dir,
    load_robot,
    robot_names,
    share_dir,
)
from flywheel_nodes.effects.exporter_access import access
from flywheel_nodes.effects.params_files import params_file, value
from flywheel_nodes.effects.recording import rules_file
from flywheel_nodes.effects.run_dir import check_free, prepare
from flywheel_nodes.effects.sd_notify import VARIABLES
from flywheel_nodes.effects.teleop import tls


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; settings: NODE.NAME:=VALUE."""

    robot: str = 'sim'
    namespace: str = 'r1'
    data_dir: str = ''
    params_files: tuple[Path, ...] = ()
    settings: tuple[str, ...] = ()
    log_level: str = 'info'
    without: tuple[str, ...] = ()
    fake: bool = False


@dataclass(frozen=True)
class Plan:
    """The commands to run, by process name, and where the data goes."""

    robot: str
    data_dir: Path
    commands: Mapping[str, Sequence[str]]
    configs: Mapping[str, Common] = field(default_factory=dict)


def plan(wanted: Wanted) -> Plan:
    """
    Check everything that can be checked beforehand, and make the data directory.

    Each process is given the parameters that were checked, not the files they came from.

    :raises ConfigError: as checked() does; also for a port in use, a data directory that is not
        writable or in use
    """
    made = checked(wanted)
    check_free(made.data_dir, 'up')
    for name, config in made.configs.items():
        if isinstance(config, (RelayConfig, ExporterConfig)):
            check_port(name, config.host, config.port)
    prepare(made.data_dir)
    return made


def checked(wanted: Wanted) -> Plan:
    """
    Check what is configured, with nothing made and nothing taken.

    :raises ConfigError: unknown robot, process or parameter, a namespace that ROS refuses, a robot
        that stops too late, unreadable file, CPUs that are not there, middleware missing
    """
    environment.check(())
    robot = load_robot(wanted.robot)
    data_dir = Path(wanted.data_dir or default_data_dir(wanted.robot)).absolute()
    if wanted.fake and robot.robot == 'sim':
        raise ConfigError('--fake: sim is embedded already: leave --fake out, or name another '
                          f'robot ({", ".join(sorted(set(robot_names()) - {"sim"}))})')
    processes = running(robot.robot, wanted.without, wanted.fake)
    configs = configurations(wanted, data_dir, processes)
    for name, config in configs.items():
        scheduling.check(name, config)
    commands = {name: _command(name, wanted, config) for name, config in configs.items()}
    return Plan(robot.robot, data_dir, commands, configs)


def configurations(wanted: Wanted, data_dir: Path,
                   processes: Sequence[Process]) -> dict[str, Common]:
    """
    Return each process' configuration from files and settings, checked.

    :raises ConfigError: also for values that the robot does not allow
    """
    where = namespace(wanted.namespace)
    files = [params_file(path) for path in [*_shipped(), *wanted.params_files]]
    given = _settings(wanted.settings, processes)
    found = {}
    for process in processes:
        values = effective(files, f'{where.rstrip("/")}/{process.name}')
        values.update(given[process.name], robot=wanted.robot, data_dir=str(data_dir))
        if process.config is ExporterConfig and wanted.without:
            values['without'] = ' '.join(wanted.without)
        if process.config is ExporterConfig and wanted.fake:
            values['fake'] = True
        found[process.name] = _checked(parse(process.config, values, process.name))
    return found


def _checked(config: Common) -> Common:
    """Refuse what a node itself would refuse only after others have started."""
    if isinstance(config, ArbiterConfig):
        check_stop_bound(load_robot(config.robot), config.detection)
    if isinstance(config, ExporterConfig):
        running(config.robot, names(config.without), config.fake)
        access(config)
    if isinstance(config, RecorderConfig):
        rules_file.of_recorder(config)
    if isinstance(config, RelayConfig):
        tls.check(config)
    return config


def _shipped() -> list[Path]:
    path = share_dir() / 'config' / 'defaults.yaml'
    return [path] if path.is_file() else []


def _settings(settings: Sequence[str], processes: Sequence[Process]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {process.name: {} for process in processes}
    for setting in settings:
        key, assigned, text = setting.partition(':=')
        node, dot, name = key.partition('.')
        if not assigned or not dot or node not in found:
            raise ConfigError(f'--param {setting}: NODE.NAME:=VALUE is needed, with NODE one of '
                              f'{", ".join(found)}')
        found[node][name] = value(text, f'--param {key}')
    return found


def _command(name: str, wanted: Wanted, config: Common) -> list[str]:
    command = [sys.executable, '-m', 'flywheel_nodes.start', name, '--ros-args',
               '-r', f'__ns:={namespace(wanted.namespace)}', '--log-level', wanted.log_level,
               '--disable-external-lib-logs']  # files that nobody rotates; stderr says the same
    for parameter, _, default, _ in walk(type(config)):
        given = getattr(config, parameter)
        if given != default or parameter in ('robot', 'data_dir'):
            command += ['-p', f'{parameter}:={json.dumps(given, ensure_ascii=False)}']
    return command


def check_port(name: str, host: str, port: int) -> None:
    """Refuse a port that somebody else listens on."""
    with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(f'{name}: {host}:{port} cannot be listened on ({error.strerror}): '
                              f'stop what uses it or set another with --param {name}.port:=PORT'
                              ) from None


def with_domain(env: Mapping[str, str], domain: Mapping[str, str]) -> dict[str, str]:
    """
    Return an environment in which DDS stays on this machine unless it says otherwise.

    What systemd says is for the supervisor alone.
    """
    inherited = {name: value for name, value in env.items() if name not in VARIABLES}
    return {**domain, 'PYTHONUNBUFFERED': '1', **inherited}
