"""`flywheel dashboards build`: writes config/grafana from the tables."""

from argparse import Namespace

from flywheel_nodes.commands import checkout
from flywheel_nodes.core.errors import ConfigError

HELP = 'write config/grafana from the tables'
FOLDER = 'config/grafana'
add_arguments = checkout.add_arguments


def run(args: Namespace) -> int:
    """Write, or check, every file; what is no longer made is removed."""
    checkout.require(args)
    return checkout.generate(args, files(), 'make dashboards', FOLDER)


def files() -> dict[str, str]:
    """Return what belongs below config/grafana; ConfigError when what makes it is missing."""
    try:
        from flywheel_nodes.effects.grafana.files import files as make
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith('flywheel_nodes'):
            raise
        raise ConfigError('dashboards build needs grafana-foundation-sdk, for Python 3.11 or '
                          "later: run `pip install 'flywheel_nodes[dashboards]'`") from None
    return make()
