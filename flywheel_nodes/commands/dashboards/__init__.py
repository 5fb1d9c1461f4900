"""`flywheel dashboards VERB ...`: Grafana's dashboards as code; one file here for each verb."""

from argparse import ArgumentParser, Namespace

from flywheel_nodes.commands.dashboards import build, preview

HELP = "write Grafana's dashboards from their tables, and draw them from a Prometheus"
VERBS = {'build': build, 'preview': preview}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command line."""
    verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')
    for name, module in VERBS.items():
        module.add_arguments(verbs.add_parser(name, help=module.HELP, description=module.HELP))


def run(args: Namespace) -> int:
    """Run one verb."""
    return int(VERBS[args.verb].run(args))
