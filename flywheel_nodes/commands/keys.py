"""`flywheel keys make`: a key pair with which tokens are signed and checked."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands.access import add_place, keys_folder
from flywheel_nodes.effects.teleop.tokens import make_keys

HELP = 'make the key pair that operators prove themselves with'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    add_place(actions.add_parser('make', help='make a new pair; never overwrites one'))


def run(args: Namespace) -> int:
    """Make the pair and say where it lies."""
    private, public = make_keys(keys_folder(args))
    print(f'{private}  private: signs tokens; keep it off the robot\n'
          f'{public}  public: belongs on the robot')
    return 0
