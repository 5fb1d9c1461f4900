"""What only dashboards need: one line says what to install where it is absent."""

from collections.abc import Iterator
from contextlib import contextmanager

from flywheel_nodes.core.errors import ConfigError


@contextmanager
def needs(verb: str, what: str) -> Iterator[None]:
    """Import what a verb needs; raises ConfigError when a module that is not ours is absent."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith('flywheel_nodes'):
            raise
        raise ConfigError(f'dashboards {verb} needs {what}: run '
                          "`pip install 'flywheel_nodes[dashboards]'`") from None
