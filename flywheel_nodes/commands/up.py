"""`flywheel up`: all processes of a robot under one supervisor, until Ctrl-C."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, ExitStack
import os
from pathlib import Path
import signal
import sys
import time

from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.bring_up import Plan, plan, Wanted, with_domain
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.domains import Domain, loopback
from flywheel_nodes.effects.run_dir import Instance, is_up, url_of
from flywheel_nodes.effects.sd_notify import Notifier
from flywheel_nodes.effects.shared_memory import held, sweep
from flywheel_nodes.effects.supervisor import Supervisor

REACHES_OUT = ('ROS_DOMAIN_ID', 'ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_LOCALHOST_ONLY',
               'ROS_STATIC_PEERS', 'ROS_DISCOVERY_SERVER')
HELP = 'run all processes of a robot until Ctrl-C'
SERVERS = ('health_exporter', 'teleop_relay')


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--robot', default='sim',
                        help='a name in config/robots, or the path of a .yaml file (%(default)s)')
    parser.add_argument('--namespace', default='r1',
                        help='put before the names of all nodes and topics, one per robot, '
                             'such as r1 or fleet/r1 (%(default)s)')
    parser.add_argument('--data-dir', default='',
                        help='where snippets, keys and run files lie, one per robot '
                             '(~/.local/share/flywheel/ROBOT)')
    parser.add_argument('--params-file', type=Path, action='append', default=[],
                        help='ROS parameter YAML: copy what you change from config/defaults.yaml; '
                             'may be repeated, the last one wins')
    parser.add_argument('--param', action='append', default=[], metavar='NODE.NAME:=VALUE',
                        help='one parameter of one node, such as snippet_recorder.pre_roll:=10; '
                             'may be repeated, wins over files (see docs/parameters.md)')
    parser.add_argument('--policy', choices=('steady', 'flawed'),
                        help='which embedded policy drives the embedded robot: one that works, or '
                             'one that goes wrong (steady)')
    parser.add_argument('--without', action='append', default=[], metavar='NODE',
                        help='leave a process out; may be repeated; one of '
                             + ', '.join(process.name for process in PROCESSES))
    parser.add_argument('--fake', action='store_true',
                        help='the robot is not there: run its fake, on a bus of its own on this '
                             'machine, with the embedded policy')
    parser.add_argument('--domain', type=int, metavar='N',
                        help='ROS_DOMAIN_ID of our nodes (that of the environment; for sim and '
                             'with --fake one that is free)')
    parser.add_argument('--log-level', default='info', choices=('debug', 'info', 'warn', 'error'),
                        help='the least important lines that nodes print (%(default)s)')


def run(args: Namespace) -> int:
    """Check everything, then run until SIGINT or SIGTERM."""
    settings = [*args.param, *([f'policy.policy:={args.policy}'] if args.policy else [])]
    with ExitStack() as stack:
        if args.fake:
            settings += away_from_robots(args.robot, stack)
        made = plan(Wanted(args.robot, args.namespace, args.data_dir, tuple(args.params_file),
                           tuple(settings), args.log_level, tuple(args.without), args.fake))
        environ = away_from_networks(os.environ) if args.fake else dict(os.environ)
        if args.domain is not None:
            environ['ROS_DOMAIN_ID'] = str(args.domain)
        claimed = loopback(environ)
        if 'ROS_DOMAIN_ID' not in environ and (made.robot == 'sim' or args.fake):
            claimed = stack.enter_context(closing(Domain())).env()
        stack.enter_context(closing(Instance(made.data_dir, 'up')))
        claimed |= dds_profile.environment(load_robot(args.robot), environ)
        return supervise(made, with_domain(environ, claimed))


def away_from_networks(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what leads to real robots: a fake looks just like them."""
    return {name: value for name, value in environ.items() if name not in REACHES_OUT}


def away_from_robots(robot: str, stack: ExitStack) -> list[str]:
    """Return the settings that keep a fake, and whoever drives it, off every real robot's bus."""
    settings = ['native_discovery:=localhost']
    if load_robot(robot).native.domain >= 0:
        settings.append(f'native_domain:={stack.enter_context(closing(Domain())).number}')
    return [f'{node}.{setting}' for node in ('robot_adapter', 'fake_robot')
            for setting in settings]


def supervise(made: Plan, env: dict[str, str]) -> int:
    """Run a plan until it is told to end."""
    supervisor = Supervisor(made.commands, _say, env=env)
    notifier = Notifier()

    def end(*_: object) -> None:
        supervisor.stopping.set()
        notifier.send(STOPPING='1')
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    _say(f'starting {len(made.commands)} processes for robot {made.robot} in ROS domain '
         f'{env.get("ROS_DOMAIN_ID", "0")}; data in {made.data_dir}')
    segments: set[str] = set()
    duties = (_announcer(made), _reporter(made, notifier), _noter(supervisor, segments))

    def each() -> None:
        for duty in duties:
            duty()
    code = supervisor.run(each)
    notifier.close()
    sweep(segments)  # what a killed process shared with the others
    _say('all processes have ended')
    return code


def _announcer(made: Plan) -> Callable[[], None]:
    """Return a function that prints the addresses as soon as all are known."""
    told: list[bool] = []

    def look() -> None:
        urls = {name: url_of(made.data_dir, name) for name in SERVERS if name in made.commands}
        if told or not all(urls.values()) or not all(
                is_up(made.data_dir, name) for name in made.commands):
            return
        told.append(True)
        _say('\n           '.join(_addresses(made, urls)))
    return look


def _addresses(made: Plan, urls: Mapping[str, str]) -> Iterator[str]:
    if metrics := urls.get('health_exporter'):
        yield f'metrics   {metrics}'
        yield f'health    {metrics.replace("/metrics", "/readyz")}'
    if relay := urls.get('teleop_relay'):
        yield f'relay     {relay}'
        yield f'operate   flywheel operator --data-dir {made.data_dir}'
    yield f'services  flywheel call NODE/SERVICE --data-dir {made.data_dir}'
    yield 'stop      Ctrl-C'
    yield 'The robot starts in HOLD: resume (p in flywheel operator) lets the policy drive.'


def _reporter(made: Plan, notifier: Notifier) -> Callable[[], None]:
    """Return a function that tells systemd that we are alive, and once that all nodes are up."""
    told: list[bool] = []

    def look() -> None:
        notifier.alive(time.monotonic_ns())
        if not told and all(is_up(made.data_dir, name) for name in made.commands):
            told.append(notifier.send(
                READY='1', STATUS=f'{len(made.commands)} processes run for {made.robot}'))
    return look


def _noter(supervisor: Supervisor, segments: set[str]) -> Callable[[], None]:
    """Return a function that collects, once a second, the shared memory of the processes."""
    due = [0.0]

    def look() -> None:
        if time.monotonic() >= due[0]:
            due[0] = time.monotonic() + 1.0
            for pid in supervisor.pids():
                segments.update(held(pid))
    return look


def _say(line: str) -> None:
    print(f'flywheel: {line}', file=sys.stderr, flush=True)
