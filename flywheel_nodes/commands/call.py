"""`flywheel call NODE/SERVICE [true|false]`: a service call where there is no ros2cli."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands import live
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.services import SERVICES, TRIGGER

HELP = 'call a Trigger or SetBool service of a running robot'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('service', metavar='NODE/SERVICE',
                        help='e.g. control_arbiter/stop, policy/fault_nan: docs/services.md')
    parser.add_argument('value', nargs='?', choices=('true', 'false'),
                        help='for a SetBool; none for a Trigger')
    live.add_robot(parser)


def run(args: Namespace) -> int:
    """Call the service in the robot's domain; 1 when it refuses, with its reason."""
    name = _name(args)
    live.enter(args)
    from flywheel_nodes.nodes.service_call import call  # rclpy needs the domain first
    success, text = call(name, None if args.value is None else args.value == 'true')
    print(text or ('done' if success else 'refused'))
    return 0 if success else 1


def _name(args: Namespace) -> str:
    """Return the full name; of a service of ours the value is checked before anybody waits."""
    path = args.service.strip('/')
    for service in SERVICES:
        if service.path == path and (service.type == TRIGGER) is not (args.value is None):
            raise ConfigError(f'{path} takes no value' if service.type == TRIGGER else
                              f'{path} needs true or false')
    return f'{live.space(args).rstrip("/")}/{path}'
