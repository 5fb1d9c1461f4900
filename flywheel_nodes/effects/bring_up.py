"""What `flywheel up` will run, checked as a whole before anything is started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
import socket
import sys
from typing import Any

import yaml

from flywheel_nodes.core.config import Common, ExporterConfig, RelayConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse
from flywheel_nodes.core.processes import Process, processes_for
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.config_files import (
    default_data_dir,
    load_robot,
    params_file,
    share_dir,
)
from flywheel_nodes.effects.run_dir import prepare


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


@dataclass(frozen=True)
class Plan:
    """The commands to run, by process name, and where the data goes."""

    robot: str
    data_dir: Path
    commands: Mapping[str, Sequence[str]]
    configs: Mapping[str, Common] = field(default_factory=dict)


def plan(wanted: Wanted) -> Plan:
    """
    Check everything that can be checked beforehand.

    :raises ConfigError: unknown robot or parameter, unreadable file, port in use, data directory
        not writable, middleware missing
    """
    environment.check(())
    robot = load_robot(wanted.robot)
    data_dir = Path(wanted.data_dir or default_data_dir(wanted.robot)).absolute()
    processes = [p for p in processes_for(robot.robot) if p.name not in wanted.without]
    files = [*_shipped(), *wanted.params_files]
    given = _settings(wanted.settings, processes)
    configs = {p.name: _config(p, wanted, data_dir, files, given) for p in processes}
    for name, config in configs.items():
        if isinstance(config, (RelayConfig, ExporterConfig)):
            check_port(name, config.host, config.port)
    prepare(data_dir)
    commands = {p.name: _command(p, wanted, data_dir, files, given[p.name]) for p in processes}
    return Plan(robot.robot, data_dir, commands, configs)


def _shipped() -> list[Path]:
    path = share_dir() / 'config' / 'defaults.yaml'
    return [path] if path.is_file() else []


def _settings(settings: Sequence[str], processes: Sequence[Process]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {process.name: {} for process in processes}
    for setting in settings:
        key, assigned, value = setting.partition(':=')
        node, dot, name = key.partition('.')
        if not assigned or not dot or node not in found:
            raise ConfigError(f'--param {setting}: NODE.NAME:=VALUE is needed, with NODE one of '
                              f'{", ".join(found)}')
        found[node][name] = yaml.safe_load(value)
    return found


def _config(process: Process, wanted: Wanted, data_dir: Path, files: Sequence[Path],
            given: Mapping[str, Mapping[str, Any]]) -> Common:
    values: dict[str, Any] = {}
    for path in files:
        for pattern, section in params_file(path).items():
            if _matches(pattern, wanted.namespace, process.name):
                values.update(section)
    values.update(given[process.name], robot=wanted.robot, data_dir=str(data_dir))
    return parse(process.config, values, process.name)


def _matches(pattern: str, namespace: str, node: str) -> bool:
    full = f'/{namespace.strip("/")}/{node}'
    return pattern in ('/**', f'/**/{node}', full, full[1:]) or (
        not namespace.strip('/') and pattern == node)


def _command(process: Process, wanted: Wanted, data_dir: Path, files: Sequence[Path],
             given: Mapping[str, Any]) -> list[str]:
    command = [sys.executable, '-m', 'flywheel_nodes.start', process.name, '--ros-args',
               '-r', f'__ns:=/{wanted.namespace.strip("/")}', '--log-level', wanted.log_level]
    for path in files:
        command += ['--params-file', str(path)]
    for name, value in {**given, 'robot': wanted.robot, 'data_dir': str(data_dir)}.items():
        text = yaml.safe_dump(value, default_flow_style=True).replace('\n...', '').strip()
        command += ['-p', f'{name}:={text}']
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
    """Return an environment in which DDS stays on this machine unless it says otherwise."""
    return {**domain, 'PYTHONUNBUFFERED': '1', **env}
