"""`flywheel install-service`: the stack of one robot as a systemd service."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
import os
from pathlib import Path
import socket
import sys

from flywheel_nodes.core.agent_unit import Agent
from flywheel_nodes.core.config import Common, ExporterConfig, RecorderConfig
from flywheel_nodes.core.cpu_list import cpu_list
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import processes_for
from flywheel_nodes.core.service_unit import memory_for, Service
from flywheel_nodes.effects.bring_up import configurations, Wanted
from flywheel_nodes.effects.config_files import file_mode, load_robot, read_text
from flywheel_nodes.effects.domains import LAST
from flywheel_nodes.effects.service_files import (
    agent_steps,
    check_receiver,
    do,
    install_steps,
    is_user,
    setup_file,
    shown,
)
from flywheel_nodes.effects.teleop.tls import client_context

HELP = 'run `flywheel up` as a systemd service from boot on'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--robot', required=True, help='a name in config/robots, or a .yaml file')
    parser.add_argument('--namespace', default='r1',
                        help='put before the names of all nodes and topics (%(default)s)')
    parser.add_argument('--user', default='flywheel',
                        help='who runs it; made if not there (%(default)s)')
    parser.add_argument('--data-dir', type=Path, default=Path('/var/lib/flywheel'),
                        help='where snippets, keys and run files lie (%(default)s)')
    parser.add_argument('--params-file', type=Path, action='append', default=[],
                        help='ROS parameter YAML; the last one wins')
    parser.add_argument('--param', action='append', default=[], metavar='NODE.NAME:=VALUE',
                        help='one parameter of one node; may be repeated, wins over files')
    parser.add_argument('--cpus', default='', help='the CPUs of the whole stack, e.g. 2-5')
    parser.add_argument('--memory', type=int, metavar='MIB',
                        help='memory limit; default: from the processes and their buffers')
    parser.add_argument('--domain', default=os.environ.get('ROS_DOMAIN_ID') or '0',
                        help='ROS_DOMAIN_ID, one per robot (%(default)s)')
    parser.add_argument('--setup', default=setup_file(),
                        help='ROS set-up file to source (%(default)s)')
    parser.add_argument('--metrics-to', metavar='URL',
                        help="also install vmagent, which sends the metrics to this Prometheus' "
                             'remote write and keeps them on disk while it cannot')
    parser.add_argument('--site', help='label of the metrics: where the robot works')
    parser.add_argument('--metrics-name', metavar='NAME',
                        help=f'label of the metrics: which robot it is ({socket.gethostname()})')
    parser.add_argument('--metrics-token', type=Path, metavar='FILE',
                        help='bearer token for --metrics-to')
    parser.add_argument('--metrics-ca', type=Path, metavar='FILE',
                        help='certificates to trust at --metrics-to (those of the system)')
    parser.add_argument('--root', type=Path, default=Path('/'),
                        help='write below this folder and run nothing, for making an image')
    parser.add_argument('--dry-run', action='store_true', help='show what would be done')


def run(args: Namespace) -> int:
    """Check the whole configuration, then show or do what installs the service."""
    wanted = _wanted(args)
    configs = configurations(wanted, Path(wanted.data_dir), processes_for(_robot(args)))
    steps = install_steps(service(args, wanted, configs), is_user(args.user))
    root = args.root.absolute()
    if args.metrics_to is None:
        _refuse_alone(args)
    else:
        sender = agent(args, configs['health_exporter'])
        check_receiver(sender, root)
        steps += agent_steps(sender)
    if args.dry_run:
        print('\n'.join(map(shown, steps)))
    else:
        do(steps, root, print)
    return 0


def _robot(args: Namespace) -> str:
    return load_robot(args.robot).robot


def _wanted(args: Namespace) -> Wanted:
    files = tuple(path.absolute() for path in args.params_file)
    return Wanted(args.robot, args.namespace, str(args.data_dir.absolute()), files,
                  tuple(args.param))


def service(args: Namespace, wanted: Wanted, configs: Mapping[str, Common]) -> Service:
    """Return the service that was asked for; raises ConfigError as `flywheel up` would."""
    for name, config in configs.items():
        cpu_list(config.cpus, f'{name}: cpus')
    cpu_list(args.cpus, '--cpus')
    memory = args.memory * 2**20 if args.memory else memory_for(
        len(configs), sum(map(_buffers, configs.values())))
    return Service(
        _robot(args), args.user, wanted.data_dir, _command(args, wanted), args.setup, memory,
        min(config.nice for config in configs.values()), args.cpus, _domain(args.domain))


def _refuse_alone(args: Namespace) -> None:
    for option in ('--site', '--metrics-name', '--metrics-token', '--metrics-ca'):
        if getattr(args, option[2:].replace('-', '_')) is not None:
            raise ConfigError(f'{option} says how metrics are sent: give --metrics-to, too')


def agent(args: Namespace, exporter: Common) -> Agent:
    """Return the agent that was asked for; raises ConfigError for what it could not send."""
    assert isinstance(exporter, ExporterConfig)
    if not exporter.port:
        raise ConfigError('--metrics-to: health_exporter.port is 0, any free one: set one that '
                          'the agent can know')
    return Agent(args.metrics_name or socket.gethostname(), args.site or '', args.metrics_to,
                 f'{_reached(exporter.host)}:{exporter.port}',
                 _token(args.metrics_token), _authority(args.metrics_ca))


def _token(path: Path | None) -> str:
    if path is None:
        return ''
    file_mode(path, '--metrics-token')
    if not read_text(path).strip():
        raise ConfigError(f'--metrics-token: {path} is empty: write the token into it')
    return str(path.absolute())


def _authority(path: Path | None) -> str:
    if path is None:
        return ''
    client_context(ca=str(path))
    return str(path.absolute())


def _reached(host: str) -> str:
    """Return where this machine itself reaches what listens on a host."""
    if host in ('', '0.0.0.0', '::'):
        return '127.0.0.1'
    return f'[{host}]' if ':' in host else host


def _command(args: Namespace, wanted: Wanted) -> tuple[str, ...]:
    robot = str(Path(args.robot).absolute()) if args.robot.endswith('.yaml') else args.robot
    command = [sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--robot', robot,
               '--namespace', wanted.namespace, '--data-dir', wanted.data_dir]
    for path in wanted.params_files:
        command += ['--params-file', str(path)]
    for setting in wanted.settings:
        command += ['--param', setting]
    return tuple(command)


def _domain(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LAST:
        raise ConfigError(f'--domain {text}: a number from 0 to {LAST} is needed')
    return int(text)


def _buffers(config: Common) -> int:
    return config.ring_bytes + config.writer_queue if isinstance(config, RecorderConfig) else 0
