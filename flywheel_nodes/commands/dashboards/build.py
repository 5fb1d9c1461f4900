"""`flywheel dashboards build`: writes config/grafana from the tables."""

from argparse import Namespace

from flywheel_nodes.commands import checkout
from flywheel_nodes.commands.dashboards.needs import needs
from flywheel_nodes.core.dashboards.catalogue import FOLDER

HELP = 'write config/grafana from the tables'
add_arguments = checkout.add_arguments


def run(args: Namespace) -> int:
    """Write, or check, every file; what is no longer made is removed."""
    checkout.require(args)
    return checkout.generate(args, files(), 'make dashboards', FOLDER)


def files() -> dict[str, str]:
    """Return what belongs below config/grafana; ConfigError when what makes it is missing."""
    with needs('build', 'grafana-foundation-sdk, for Python 3.11 or later'):
        from flywheel_nodes.effects.grafana.files import files as make
    return make()
