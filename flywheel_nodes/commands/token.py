"""`flywheel token`: a token that lets an operator connect once within five minutes."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from flywheel_nodes.commands.access import add_identity, add_place, new_token
from flywheel_nodes.effects.teleop.tokens import LIFETIME_S

HELP = 'print a token for one connection to a robot'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_place(parser)
    add_identity(parser)
    parser.add_argument('--lifetime', type=_lifetime, default=LIFETIME_S,
                        metavar='SECONDS',
                        help=f'how long it may be used, at most {LIFETIME_S}')


def _lifetime(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= LIFETIME_S):
        raise ArgumentTypeError(f'{text!r}: give whole seconds, 1 to {LIFETIME_S} s')
    return int(text)


def run(args: Namespace) -> int:
    """Print the token."""
    print(new_token(args, args.lifetime))
    return 0
