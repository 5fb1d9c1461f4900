"""`flywheel keys`: what tokens are signed with, certificates of one's own CA, who may scrape."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
import sys

from flywheel_nodes.commands.access import add_place, keys_folder
from flywheel_nodes.effects import credentials
from flywheel_nodes.effects.teleop import certificates
from flywheel_nodes.effects.teleop.certificates import Pair
from flywheel_nodes.effects.teleop.tls import load_fleet
from flywheel_nodes.effects.teleop.tokens import make_keys

HELP = 'make keys: for tokens, certificates for relays and operators, passwords for scrapers'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    add_place(actions.add_parser('make', help='the pair that tokens are signed and checked with'))
    ca = actions.add_parser('ca', help='a certificate authority of your own')
    ca.add_argument('--out', type=Path, default=Path('ca'), metavar='DIR',
                    help='where it goes; keep it off the robots (%(default)s)')
    _days(ca, certificates.CA_DAYS)
    robot = actions.add_parser('robot', help="a relay's certificate, with its names and addresses")
    robot.add_argument('name', help='of the robot in the list')
    robot.add_argument('--robots', required=True, metavar='FILE', help='the list of robots')
    _signed(robot, certificates.ROBOT_DAYS)
    operator = actions.add_parser('operator', help="an operator's certificate, for client_ca")
    operator.add_argument('name', help='the operator, as tokens name it')
    _signed(operator, certificates.OPERATOR_DAYS)
    scraper = actions.add_parser('scraper', help="a password for who reads the exporter's "
                                                 'metrics; told once, kept as a hash')
    scraper.add_argument('name', help='of the scraper, such as prometheus')
    add_place(scraper)


def _signed(parser: ArgumentParser, days: int) -> None:
    parser.add_argument('--ca', type=Path, default=Path('ca'), metavar='DIR',
                        help='where the CA lies (%(default)s)')
    parser.add_argument('--out', type=Path, default=Path(), metavar='DIR',
                        help='where certificate and key go, default: here')
    _days(parser, days)


def _days(parser: ArgumentParser, default: int) -> None:
    def days(text: str) -> int:
        if not (text.isdecimal() and 1 <= int(text) <= certificates.CA_DAYS):
            raise ArgumentTypeError(f'{text!r}: give whole days, 1 to {certificates.CA_DAYS}')
        return int(text)
    parser.add_argument('--days', type=days, default=default,
                        help='how long it is good (%(default)s)')


def run(args: Namespace) -> int:
    """Make what was asked for and say where it lies."""
    actions: dict[str, Callable[[Namespace], str]] = {
        'make': _make, 'ca': _ca, 'robot': _robot, 'operator': _operator, 'scraper': _scraper}
    print(actions[args.action](args))
    return 0


def _make(args: Namespace) -> str:
    private, public = make_keys(keys_folder(args))
    return (f'{private}  private: signs tokens; keep it off the robot\n'
            f'{public}  public: belongs on the robot')


def _ca(args: Namespace) -> str:
    return _two(certificates.make_ca(args.out, days=args.days),
                'signs certificates: keep it off the robots and offline', 'for all who check them')


def _robot(args: Namespace) -> str:
    hosts = load_fleet(args.robots).member(args.name).hosts
    pair = certificates.make_for_robot(args.ca, args.out, args.name, hosts, args.days)
    return _two(pair, 'tls_key of the relay', f'tls_certificate of the relay, for '
                                              f'{", ".join(hosts)}')


def _operator(args: Namespace) -> str:
    pair = certificates.make_for_operator(args.ca, args.out, args.name, args.days)
    return _two(pair, f'for {args.name} only', 'shown to relays that ask for one')


def _scraper(args: Namespace) -> str:
    path = keys_folder(args) / credentials.FILE
    password = credentials.add(path, args.name)
    # Not among the output, which may go straight into a password_file.
    print(f'{path}  credentials of health_exporter: start it again to let {args.name} in, whose '
          'password is told this once:', file=sys.stderr)
    return password


def _two(pair: Pair, key: str, certificate: str) -> str:
    return f'{pair.key}  private: {key}\n{pair.certificate}  public: {certificate}'
