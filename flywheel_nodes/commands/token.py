"""`flywheel token`: a token that lets an operator connect once within five minutes."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands.access import add_identity, add_place, new_token
from flywheel_nodes.effects.teleop.tokens import LIFETIME_S

HELP = 'print a token for one connection to a robot'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_place(parser)
    add_identity(parser)
    parser.add_argument('--lifetime', type=int, default=LIFETIME_S, metavar='SECONDS',
                        choices=range(1, LIFETIME_S + 1),
                        help=f'how long it may be used, at most {LIFETIME_S}')


def run(args: Namespace) -> int:
    """Print the token."""
    print(new_token(args, args.lifetime))
    return 0
