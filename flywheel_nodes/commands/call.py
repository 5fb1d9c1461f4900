"""`flywheel call NODE/SERVICE [true|false]`: a service call where there is no ros2cli."""

from argparse import ArgumentParser, Namespace
import os
from pathlib import Path

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.config_files import default_data_dir
from flywheel_nodes.effects.domains import loopback
from flywheel_nodes.effects.run_dir import domain_of

HELP = 'call a Trigger or SetBool service of a running robot'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('service', metavar='NODE/SERVICE',
                        help='e.g. control_arbiter/stop, policy/fault_nan')
    parser.add_argument('value', nargs='?', choices=('true', 'false'),
                        help='for a SetBool; none for a Trigger')
    parser.add_argument('--namespace', default='r1', help="the robot's namespace")
    parser.add_argument('--robot', default='sim', help='whose data directory (sim)')
    parser.add_argument('--data-dir', type=Path, help='or the data directory itself')


def run(args: Namespace) -> int:
    """Call the service in the robot's domain; 1 when it refuses, with its reason."""
    environment.check(())
    data_dir = args.data_dir or default_data_dir(args.robot)
    domain = os.environ.get('ROS_DOMAIN_ID') or domain_of(data_dir)
    if not domain:
        raise ConfigError(f'no robot runs on {data_dir}: name its --data-dir or set ROS_DOMAIN_ID')
    os.environ.update({**loopback(os.environ), 'ROS_DOMAIN_ID': domain})
    from flywheel_nodes.nodes.service_call import call  # rclpy needs the domain first
    name = '/'.join(['', args.namespace.strip('/'), args.service.strip('/')])
    success, text = call(name, None if args.value is None else args.value == 'true')
    print(text or ('done' if success else 'refused'))
    return 0 if success else 1
