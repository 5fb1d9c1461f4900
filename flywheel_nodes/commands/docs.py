"""`flywheel docs`: writes the reference pages and config/defaults.yaml from the tables."""

from argparse import Namespace

from flywheel_nodes.commands import checkout
from flywheel_nodes.core.reference import FILES

HELP = 'write the reference pages from the tables'
add_arguments = checkout.add_arguments


def run(args: Namespace) -> int:
    """Write, or check, every generated file."""
    checkout.require(args)
    return checkout.generate(args, {name: make() for name, make in FILES.items()}, 'make docs')
