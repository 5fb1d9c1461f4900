"""The variables of the dashboards, and expressions with values in their place."""

from collections.abc import Mapping
import re

from flywheel_nodes.core.dashboards.model import Variable

DATASOURCE = 'datasource'
ALL = '.*'

SITE = Variable('site', 'Site', 'flywheel_build_info',
                'Where the robots are; a label that the agent or the scrape adds.')
ROBOT = Variable('robot', 'Robot', 'flywheel_build_info{site=~"$site"}',
                 'Which robots; a label that the agent or the scrape adds.')
POLICY = Variable('policy', 'Policy',
                  'flywheel_policy_info{robot=~"$robot",site=~"$site"}',
                  'Which policies, by the name they give themselves.')


def filled(promql: str, values: Mapping[str, str]) -> str:
    """Put values in the place of $name; KeyError names one that has none."""
    return re.sub(r'\$\{?(\w+)\}?', lambda found: values[found[1]], promql)


def everything(period_s: int, rate_interval_s: int) -> dict[str, str]:
    """Return the values that choose all robots, for a period and an interval of rates in s."""
    times = {'__range': f'{period_s}s', '__rate_interval': f'{rate_interval_s}s',
             '__interval': f'{rate_interval_s}s'}
    return {**times, **{v.name: ALL for v in (SITE, ROBOT, POLICY)}}
