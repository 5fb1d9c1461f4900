"""`flywheel snippets VERB ...`: what the recorder has saved; one file here for each verb."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands.snippets import (
    check,
    listing,
    merge,
    pins,
    place,
    reindex,
    remove,
    show,
    ticks,
)
from flywheel_nodes.core.errors import ConfigError, StorageError

HELP = 'list, show, verify, pin, merge and remove saved snippets, and tell their ticks'
VERBS = {'list': listing, 'show': show, 'verify': check, 'ticks': ticks, 'rm': remove,
         'pin': pins, 'unpin': pins, 'merge': merge, 'reindex': reindex}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command line."""
    verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')
    for name, module in VERBS.items():
        help_ = module.HELP.format(verb=name)
        module.add_arguments(verbs.add_parser(name, help=help_, description=help_,
                                              parents=[place.parent()]))


def run(args: Namespace) -> int:
    """
    Run one verb; 1 when a snippet does not verify.

    :raises ConfigError: in one line for anything that cannot be done as asked
    """
    try:
        return int(VERBS[args.verb].run(args))
    except StorageError as error:
        raise ConfigError(str(error)) from None
