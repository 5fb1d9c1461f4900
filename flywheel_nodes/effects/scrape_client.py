"""Asks an exporter for its metrics, as `flywheel status` needs them."""

import base64
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
import http.client
import json
import ssl
import time

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.http_url import http_url
from flywheel_nodes.core.status.scrape import Scrape, scrape
from flywheel_nodes.effects.tls_probe import speaks_plain, speaks_tls

TIMEOUT_S = 3.0
MOST_BYTES = 32 << 20
PORT = 9464
HUNG_UP = (ConnectionResetError, http.client.HTTPException)
_ACCEPT = 'application/openmetrics-text; version=1.0.0, text/plain; q=0.5'


class Unreachable(ConfigError):  # noqa: N818 - it tells what is so
    """The exporter does not answer, or not with metrics."""


@dataclass(frozen=True)
class _Answer:
    code: int
    kind: str
    date: str
    body: bytes


class ScrapeClient:
    """One exporter, asked anew each time."""

    def __init__(self, url: str, user: str = '', password: str = '',
                 tls: ssl.SSLContext | None = None) -> None:
        """
        Know whom to ask.

        :param url: of /metrics, or of the server
        :param tls: whom to trust, for https
        :raises ConfigError: when it is no such URL
        """
        parts = http_url(url, '--url', 'give --user and --password-file')
        self.url = url
        self._https = parts.scheme == 'https'
        self._host, self._port = str(parts.hostname), parts.port or PORT
        self._path = parts.path.rstrip('/').removesuffix('/metrics')
        self._tls = tls
        self._headers = {'Accept': _ACCEPT, 'User-Agent': 'flywheel-status'}
        if user:
            coded = base64.b64encode(f'{user}:{password}'.encode()).decode()
            self._headers['Authorization'] = f'Basic {coded}'

    def scrape(self) -> Scrape:
        """Return what the exporter says now; raises Unreachable in one line."""
        try:
            answer, readiness = self._get('/metrics'), self._get('/readyz')
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f'{self.url}: its certificate is not trusted '
                              f'({error.verify_message}): give --ca, and a name or address that '
                              'is in the certificate') from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f'{self.url}{self._why(error)}') from None
        self._check(answer)
        return scrape(_time(answer.date), self._samples(answer), _down(readiness))

    def _why(self, error: Exception) -> str:
        """Return what to do about no answer."""
        if self._https and speaks_plain(error):
            return ': it speaks plain http: use http://'
        if not self._https and isinstance(error, HUNG_UP) \
                and speaks_tls(self._host, self._port, TIMEOUT_S):
            return ': it speaks TLS: use https://, and --ca for a CA of yours'
        return f' does not answer ({_short(error)}): is the robot up, and the tunnel to it open?'

    def _get(self, path: str) -> _Answer:
        made = (http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT_S,
                                            context=self._tls) if self._https else
                http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S))
        try:
            made.request('GET', self._path + path, headers=self._headers)
            got = made.getresponse()
            return _Answer(got.status, got.headers.get('Content-Type', ''),
                           got.headers.get('Date', ''), got.read(MOST_BYTES))
        finally:
            made.close()

    def _check(self, answer: _Answer) -> None:
        if answer.code in (401, 403):
            raise Unreachable(f'{self.url} asks for credentials: give --user and its password in '
                              '--password-file or $FLYWHEEL_PASSWORD')
        if answer.code == 429:
            raise Unreachable(f'{self.url} has had too many wrong credentials: try again later')
        if answer.code != 200:
            raise Unreachable(f'{self.url} answers {answer.code}: give the --url of an exporter')

    def _samples(self, answer: _Answer) -> list[tuple[str, dict[str, str], float]]:
        parse = openmetrics if answer.kind.startswith('application/openmetrics') else plain
        try:
            families: list[Metric] = list(parse(answer.body.decode()))
        except (ValueError, IndexError, KeyError, TypeError, AttributeError):
            # The parser was written for what exporters say, not for all there is.
            raise Unreachable(f'{self.url} serves no metrics: give the --url of an exporter'
                              ) from None
        found = [(one.name, one.labels, float(one.value))
                 for family in families for one in family.samples]
        if not any(name == 'flywheel_build_info' for name, _, _ in found):
            raise Unreachable(f'{self.url} is no exporter of flywheel: give the --url of one')
        return found


def _time(date: str) -> float:
    """Return the robot's time in s: ages must not depend on the clock of who looks."""
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5  # it was cut to whole seconds
    except (TypeError, ValueError):
        return time.time()


def _down(answer: _Answer) -> dict[str, str] | None:
    try:
        return {str(name): str(why) for name, why in json.loads(answer.body)['down'].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _short(error: Exception) -> str:
    return getattr(error, 'strerror', None) or str(error) or type(error).__name__
