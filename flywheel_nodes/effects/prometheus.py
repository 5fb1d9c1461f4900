"""
Families of core as Prometheus' exposition formats, negotiated with the scraper.

The text is made here and not by prometheus_client, whose generate_latest() takes most of its time
to escape the same labels anew: what stands before each value is kept. It stays the authority on
the format: a test compares the bytes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
import gzip
from itertools import accumulate

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as OPENMETRICS
from prometheus_client.utils import floatToGoString

from flywheel_nodes.core.exposition import Family, Key
from flywheel_nodes.core.metric import Kind, PREFIX
from flywheel_nodes.core.metric_table import BY_NAME, METRICS
from flywheel_nodes.core.metrics import Labels, Sample

TEXT = 'text/plain; version=0.0.4; charset=utf-8'
Starts = Callable[[str, Labels], tuple[str, ...]]
_number: Callable[[float], str] = floatToGoString
_ESCAPES = str.maketrans({'\\': r'\\', '\n': r'\n', '"': r'\"'})


@dataclass(frozen=True)
class Scrape:
    """What goes back to a scraper."""

    body: bytes
    content_type: str
    encoding: str = ''


class Scraper:
    """What is behind /metrics; values are asked for at each scrape and never kept."""

    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        """Serve what families() returns; it is called from the server's threads."""
        self._families = families
        self._starts: dict[Key, tuple[str, ...]] = {}

    def scrape(self, accept: str = '', accept_encoding: str = '',
               names: Iterable[str] = ()) -> Scrape:
        """
        Return all series, or those of some names, as the scraper asked for them.

        :param accept: its Accept header: OpenMetrics or text
        :param accept_encoding: its Accept-Encoding header: gzip or nothing
        :param names: full names of series, as in name[]=flywheel_node_up; none: all
        """
        content_type, wanted = _content_type(accept), frozenset(names)
        known, used = self._starts, dict[Key, tuple[str, ...]]()

        def starts(name: str, labels: Labels) -> tuple[str, ...]:
            key = name, labels
            used[key] = known.get(key) or _starts(name, labels)
            return used[key]
        lines = _lines(self._families(), starts, content_type == OPENMETRICS, wanted)
        body = ''.join(lines).encode()
        if not wanted:
            self._starts = used  # of what is not served any more nothing is kept
        if _takes_gzip(accept_encoding):
            return Scrape(gzip.compress(body, compresslevel=1), content_type, 'gzip')
        return Scrape(body, content_type)


def _content_type(accept: str) -> str:
    offers = (offer.split(';')[0].strip().lower() for offer in accept.split(','))
    return OPENMETRICS if 'application/openmetrics-text' in offers else TEXT


def _takes_gzip(accept_encoding: str) -> bool:
    offers = (offer.replace(' ', '').lower() for offer in accept_encoding.split(','))
    return any(offer == 'gzip' or (offer.startswith('gzip;') and offer[5:] not in ('q=0', 'q=0.0'))
               for offer in offers)


# --- the text ------------------------------------------------------------------------------------

def _lines(families: Iterable[Family], starts: Starts, openmetrics: bool,
           wanted: Collection[str]) -> Iterator[str]:
    for family in families:
        rows = [row for labels, sample in family.series for row in zip(
            starts(family.metric.name, labels), _values(sample), strict=True)]
        if wanted:
            rows = [row for row in rows if row[0].partition('{')[0] in wanted]
        if rows or not wanted:
            yield _about(family.metric.name, openmetrics)
        for start, value in rows:
            yield f'{start} {_number(value)}\n'
    if openmetrics:
        yield '# EOF\n'


@lru_cache(2 * len(METRICS))
def _about(name: str, openmetrics: bool) -> str:
    metric, full = BY_NAME[name], PREFIX + name
    if openmetrics:
        full = full.removesuffix('_total')
    text = metric.help.replace('\\', r'\\').replace('\n', r'\n')
    if openmetrics:
        text = text.replace('"', r'\"')
    unit = f'# UNIT {full} {metric.unit}\n' if openmetrics and metric.unit else ''
    return f'# HELP {full} {text}\n# TYPE {full} {metric.kind}\n{unit}'


def _starts(name: str, labels: Labels) -> tuple[str, ...]:
    """Return what stands before each value of a series: its name and labels."""
    metric, full = BY_NAME[name], PREFIX + name
    pairs = list(zip(metric.labels, labels, strict=True))
    if metric.kind is not Kind.HISTOGRAM:
        return (full + _braces(pairs),)
    edges = [*map(_number, metric.buckets), '+Inf']
    plain = _braces(pairs)
    return (*(f'{full}_bucket{_braces([*pairs, ("le", edge)])}' for edge in edges),
            f'{full}_count{plain}', f'{full}_sum{plain}')


def _braces(pairs: Iterable[tuple[str, str]]) -> str:
    inner = ','.join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sorted(pairs))
    return f'{{{inner}}}' if inner else ''


def _values(sample: Sample) -> tuple[float, ...]:
    if not sample.counts:
        return (sample.value,)
    buckets = tuple(accumulate(sample.counts))
    return (*buckets, buckets[-1], sample.value)
