"""`flywheel triggers VERB ...`: rules from events to snippets; one file here for each verb."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands.triggers import fire, listing, trial

HELP = 'show the rules that make snippets, try them on old bags, fire one by hand'
VERBS = {'list': listing, 'test': trial, 'fire': fire}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command line."""
    verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')
    for name, module in VERBS.items():
        module.add_arguments(verbs.add_parser(name, help=module.HELP, description=module.HELP))


def run(args: Namespace) -> int:
    """Run one verb."""
    return int(VERBS[args.verb].run(args))
