"""What `flywheel keys`, `token` and `operator` share: where keys lie and who somebody is."""

from argparse import ArgumentParser, Namespace
import getpass
from pathlib import Path

from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.config_files import default_data_dir, load_robot
from flywheel_nodes.effects.teleop.tokens import LIFETIME_S, load_private_key, mint, PRIVATE


def add_place(parser: ArgumentParser) -> None:
    """Declare which robot is meant and where its data and keys lie."""
    parser.add_argument('--robot', default='sim', help='a name in config/robots, or a .yaml file')
    parser.add_argument('--data-dir', default='', help="the robot's data directory")
    parser.add_argument('--keys', default='', help='folder of the keys, default DATA_DIR/keys')


def add_identity(parser: ArgumentParser) -> None:
    """Declare who is to be let in and what it may do."""
    parser.add_argument('--operator', default='', help='who drives, default your user name')
    parser.add_argument('--scope', default=str(Scope.DRIVE), choices=[str(s) for s in Scope],
                        help='view: watch and stop; drive: also take over; supervise: all')


def data_dir(args: Namespace) -> Path:
    """Return the data directory that is meant."""
    return Path(args.data_dir) if args.data_dir else default_data_dir(args.robot)


def keys_folder(args: Namespace) -> Path:
    """Return the folder of the keys."""
    return Path(args.keys) if args.keys else data_dir(args) / 'keys'


def new_token(args: Namespace, lifetime_s: int = LIFETIME_S) -> str:
    """Return a fresh token, signed with the private key in the folder of the keys."""
    key = load_private_key(keys_folder(args) / PRIVATE)
    return mint(key, load_robot(args.robot).robot, args.operator or getpass.getuser(),
                Scope(args.scope), lifetime_s=lifetime_s)
