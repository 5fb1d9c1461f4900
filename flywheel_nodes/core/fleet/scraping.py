"""What the agent of the fleet demo scrapes: every robot of it, and itself."""

from collections.abc import Sequence
from dataclasses import dataclass
import json

INTERVAL_S = 5


@dataclass(frozen=True)
class Target:
    """One robot's metrics; address: HOST:PORT."""

    robot: str
    site: str
    address: str
    path: str = '/metrics'


def scrape_text(targets: Sequence[Target], agent: str) -> str:
    """
    Return the scrape file, as JSON, which is YAML as well.

    :param agent: HOST:PORT of the agent itself
    """
    robots = [{'targets': [target.address],
               'labels': {'robot': target.robot, 'site': target.site,
                          '__metrics_path__': target.path}} for target in targets]
    return json.dumps({
        'global': {'scrape_interval': f'{INTERVAL_S}s'},
        'scrape_configs': [
            {'job_name': 'flywheel', 'static_configs': robots},
            {'job_name': 'vmagent', 'static_configs': [{'targets': [agent]}]}]}, indent=1)
