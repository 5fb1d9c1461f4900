"""What a Prometheus answers to the queries of a panel, as Grafana would ask them."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import math
import re
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from flywheel_nodes.core.dashboards.model import Kind, Query
from flywheel_nodes.core.dashboards.variables import everything, filled
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.http_url import http_url

POINTS = 300
TIMEOUT_S = 30.0
MOST_BYTES = 100_000
ROBOTS = ('group by (robot) (last_over_time('
          'flywheel_build_info{robot=~"$robot",site=~"$site"}[$__range]))')


@dataclass(frozen=True)
class Period:
    """From when to when to look, and how often robots are scraped: seconds."""

    start: float
    end: float
    scrape: float = 5.0

    @property
    def step(self) -> float:
        """Grafana's $__interval: so that there are not more points than pixels."""
        return max(self.scrape, math.ceil((self.end - self.start) / POINTS))

    @property
    def rate_interval(self) -> float:
        """Grafana's $__rate_interval."""
        return max(self.step + self.scrape, 4 * self.scrape)


@dataclass(frozen=True)
class Series:
    """One line: what it is called, its labels, and its points (time in s, value)."""

    name: str
    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]

    @property
    def last(self) -> float:
        """The newest value that is a number."""
        return next((v for _, v in reversed(self.points) if not math.isnan(v)), math.nan)

    @property
    def empty(self) -> bool:
        """Whether there is no number at all."""
        return math.isnan(self.last)


class Source:
    """A Prometheus, asked for one period with the variables set."""

    def __init__(self, url: str, period: Period, chosen: Mapping[str, str] | None = None) -> None:
        """
        Ask nobody yet.

        :param chosen: regular expressions of variables; what is not given is everything
        :raises ConfigError: when url is none
        """
        http_url(url, '--url', 'open a tunnel that needs none')
        self.url = url.rstrip('/')
        self.period = period
        self._values = {**everything(math.ceil(period.end - period.start),
                                     math.ceil(period.rate_interval)),
                        **{name: _escaped(text) for name, text in (chosen or {}).items()}}

    def everybody(self) -> 'Source':
        """Return the same with nothing chosen."""
        return Source(self.url, self.period)

    def robots(self) -> list[str]:
        """Return which of the chosen robots sent anything in the period."""
        return sorted(one.labels.get('robot', '') for one in self.ask(ROBOTS, '', instant=True))

    def series(self, query: Query, kind: Kind) -> list[Series]:
        """Return the answer; ConfigError when Prometheus cannot be asked or refuses."""
        return self.ask(query.promql, query.legend, kind.instant)

    def ask(self, promql: str, legend: str, instant: bool = False) -> list[Series]:
        """Return the series of an expression with variables; instant: only their last value."""
        expr = filled(promql, self._values)
        if instant:
            result = self._get('query', query=expr, time=self.period.end)
        else:
            result = self._get('query_range', query=expr, start=self.period.start,
                               end=self.period.end, step=self.period.step)
        found = [_series(one, legend) for one in result]
        return found if instant else sorted(found, key=lambda series: series.name)

    def _get(self, path: str, **parameters: object) -> list[dict[str, Any]]:
        url = f'{self.url}/api/v1/{path}?{urlencode(parameters)}'
        try:
            with urlopen(url, timeout=TIMEOUT_S) as answer:
                result: list[dict[str, Any]] = json.load(answer)['data']['result']
                return result
        except HTTPError as error:
            if said := _refusal(error.read(MOST_BYTES)):
                raise ConfigError(f'{self.url} refused {parameters["query"]}: {said}') from None
            raise ConfigError(f'{self.url} is no Prometheus: it answers {error.code}') from None
        except URLError as error:
            raise ConfigError(f'{self.url} does not answer: {error.reason}') from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f'{self.url} does not answer as a Prometheus: {error}') from None


def _refusal(body: bytes) -> str:
    """Return what Prometheus says is wrong, '' where the body is not of Prometheus."""
    try:
        return str(json.loads(body)['error'])
    except (ValueError, KeyError, TypeError):
        return ''


def _escaped(text: str) -> str:
    """Return a text as it stands within quotes in PromQL."""
    return text.replace('\\', r'\\').replace('"', r'\"').replace('\n', r'\n')


def _series(result: dict[str, Any], legend: str) -> Series:
    labels = result['metric']
    points = result['values'] if 'values' in result else [result['value']]
    return Series(named(legend, labels), labels,
                  tuple((float(at), float(value)) for at, value in points))


def named(legend: str, labels: Mapping[str, str]) -> str:
    """Put labels in the place of {{label}}."""
    return re.sub(r'{{\s*(\w+)\s*}}', lambda found: labels.get(found[1], ''), legend).strip()
