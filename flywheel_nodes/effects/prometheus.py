"""Families of core as Prometheus' exposition formats, negotiated with the scraper."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
import gzip

from prometheus_client import CollectorRegistry, generate_latest, metrics_core
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from flywheel_nodes.core.exposition import Family
from flywheel_nodes.core.metric import Kind, Metric, PREFIX
from flywheel_nodes.core.metric_table import METRICS
from flywheel_nodes.core.metrics import Sample

_FAMILIES: dict[Kind, Callable[..., metrics_core.Metric]] = {
    Kind.COUNTER: metrics_core.CounterMetricFamily,
    Kind.GAUGE: metrics_core.GaugeMetricFamily,
    Kind.HISTOGRAM: metrics_core.HistogramMetricFamily}


@dataclass(frozen=True)
class Rendered:
    """What goes back to a scraper."""

    body: bytes
    content_type: str
    encoding: str = ''


class FamilyCollector(Collector):
    """The registry behind /metrics; series are asked for at each scrape and never kept."""

    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        """Serve what families() returns; it is called from the server's threads."""
        self._families = families
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def describe(self) -> Iterator[metrics_core.Metric]:
        """Yield every family there can be, so that name[] can be looked up."""
        return (_empty(metric) for metric in METRICS)

    def collect(self) -> Iterator[metrics_core.Metric]:
        """Yield every family with its samples."""
        return (_filled(family) for family in self._families())

    def render(self, accept: str = '', accept_encoding: str = '',
               names: Iterable[str] = ()) -> Rendered:
        """
        Return all series, or those of some names, as the scraper asked for them.

        :param accept: its Accept header: OpenMetrics or text
        :param accept_encoding: its Accept-Encoding header: gzip or nothing
        :param names: full names of series, as in name[]=flywheel_node_up; none: all
        """
        encoder, content_type = _encoder(accept)
        wanted = frozenset(names)
        source = self._registry.restricted_registry(wanted) if wanted else self._registry
        body = encoder(source)
        if _takes_gzip(accept_encoding):
            return Rendered(gzip.compress(body, compresslevel=1), content_type, 'gzip')
        return Rendered(body, content_type)


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    # choose_encoder() of the library stumbles over versions that are no numbers.
    offers = (offer.split(';')[0].strip().lower() for offer in accept.split(','))
    if 'application/openmetrics-text' in offers:
        return openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest, 'text/plain; version=0.0.4; charset=utf-8'


def _takes_gzip(accept_encoding: str) -> bool:
    offers = (offer.replace(' ', '').lower() for offer in accept_encoding.split(','))
    return any(offer == 'gzip' or (offer.startswith('gzip;') and offer[5:] not in ('q=0', 'q=0.0'))
               for offer in offers)


def _empty(metric: Metric) -> metrics_core.Metric:
    return _FAMILIES[metric.kind](PREFIX + metric.name, metric.help, labels=metric.labels,
                                  unit=metric.unit)


def _filled(family: Family) -> metrics_core.Metric:
    made = _empty(family.metric)
    for labels, sample in family.series:
        if isinstance(made, metrics_core.HistogramMetricFamily):
            made.add_metric(labels, _cumulated(family.metric, sample), sample.value)
        elif isinstance(made, (metrics_core.CounterMetricFamily, metrics_core.GaugeMetricFamily)):
            made.add_metric(labels, sample.value)
    return made


def _cumulated(metric: Metric, sample: Sample) -> list[tuple[str, float]]:
    edges = [*(repr(bound) for bound in metric.buckets), '+Inf']
    total, buckets = 0, []
    for edge, count in zip(edges, sample.counts, strict=True):
        total += count
        buckets.append((edge, float(total)))
    return buckets
