"""Who may ask the exporter, as its parameters say."""

from pathlib import Path

from flywheel_nodes.core.config import ExporterConfig
from flywheel_nodes.effects.credentials import Credentials, load
from flywheel_nodes.effects.metrics_http import Access
from flywheel_nodes.effects.teleop import tls

# A probe on the robot needs no password; from elsewhere /readyz would tell strangers what runs.
FREE_HERE = ('/livez', '/readyz')


def access(config: ExporterConfig) -> Access:
    """Return who is let in; raises ConfigError for a configuration that would let in anybody."""
    known = load(Path(config.credentials),
                 'health_exporter: credentials') if config.credentials else None
    return Access(tls.server_context(config), Credentials(known) if known else None, FREE_HERE)
