"""How a command reaches a running robot: by its data directory, which names its domain."""

from argparse import ArgumentParser, Namespace
import os
from pathlib import Path

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.ros_names import namespace
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.config_files import default_data_dir
from flywheel_nodes.effects.domains import loopback
from flywheel_nodes.effects.run_dir import domain_of


def add_robot(parser: ArgumentParser) -> None:
    """Declare which running robot is meant."""
    parser.add_argument('--namespace', default='r1', help="the robot's namespace")
    parser.add_argument('--robot', default='sim', help='whose data directory (sim)')
    parser.add_argument('--data-dir', type=Path, help='or the data directory itself')


def space(args: Namespace) -> str:
    """Return the robot's namespace with a leading slash; raises ConfigError for no name."""
    return namespace(args.namespace)


def enter(args: Namespace) -> None:
    """
    Have rclpy, which must not be imported before, speak in the robot's domain.

    :raises ConfigError: when no robot runs there or the middleware is missing
    """
    environment.check(())
    data_dir = args.data_dir or default_data_dir(args.robot)
    domain = os.environ.get('ROS_DOMAIN_ID') or domain_of(data_dir)
    if not domain:
        raise ConfigError(f'no robot runs on {data_dir}: name its --data-dir or set ROS_DOMAIN_ID')
    os.environ.update({**loopback(os.environ), 'ROS_DOMAIN_ID': domain})
