"""
The exporter: what a scrape takes beside the bare library, and what it costs the robot.

A scrape goes over HTTP to a running exporter whose series came over DDS; beside it, in turns,
prometheus_client's generate_latest() renders as many gauges of one metric. On the embedded robot:
the exporter's CPU and memory, and the arbiter's lateness with a scrape a second and without.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import gzip
import http.client
from pathlib import Path
import statistics
import tempfile
import time
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from rclpy.context import Context
from rclpy.node import Node

from bench.harness import (
    child,
    cpu,
    differences,
    Metric,
    NAMESPACE,
    own_domain,
    save,
    Stack,
    stack,
)
from bench.stack import drive, quantile
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.metrics import Report, Sample
from flywheel_nodes.effects.run_dir import url_of
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.messages import message_class, to_array, to_qos

GOALS = {500: 20.0, 5000: 150.0}
REPEATS = 300
SETTLE, LONG, WINDOW, TURNS = 10.0, 40.0, 10.0, 3
MIB = 2**20


def main() -> None:
    """Measure."""
    with own_domain():
        metrics = [metric for series in GOALS for metric in scrapes(series)]
        with stack() as running:
            time.sleep(SETTLE)
            metrics += costs(running)
            drive()
            metrics += lateness(running)
    save('exporter', metrics)


# --- a scrape ------------------------------------------------------------------------------------

@contextmanager
def exporter(series: int) -> Iterator[str]:
    """Run an exporter that has as many series; return where it is scraped."""
    with tempfile.TemporaryDirectory() as folder, child(
            '-m', 'flywheel_nodes.start', 'health_exporter', '--ros-args', '-r',
            f'__ns:={NAMESPACE}', '-p', f'data_dir:={folder}', '-p', 'port:=0', '-p',
            'max_series:=100000', '-p', 'max_series_per_metric:=100000', '--log-level', 'error'):
        while not (url := url_of(Path(folder), 'health_exporter')):
            time.sleep(0.1)
        time.sleep(SETTLE)  # its own series are all there
        with ros(context=Context()) as context:
            fill(url, series, Node('reporter', namespace=NAMESPACE, context=context))
            yield url


def fill(url: str, series: int, node: Node) -> None:
    """Report series until there are as many."""
    publisher = node.create_publisher(message_class(topics.METRICS.type), topics.METRICS.name,
                                      to_qos(topics.METRICS.qos))
    while not publisher.get_subscription_count():
        time.sleep(0.1)
    told: dict[tuple[str, tuple[str, ...]], Sample] = {}
    while (missing := series - count(get(url))) > 0:
        for i in range(len(told), len(told) + missing):
            told['interventions_total', (f'a reason of usual length {i}',)] = Sample(i * 1.5)
        report = Report('control_arbiter', 1.0, True, told)
        publisher.publish(to_array(wire.report_to_statuses(report), 1))
        time.sleep(2.0)  # the node that reports has some series as well


def get(url: str) -> bytes:
    """Scrape as Prometheus does."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10.0)
    connection.request('GET', parts.path, headers={
        'Accept': 'application/openmetrics-text; version=1.0.0', 'Accept-Encoding': 'gzip'})
    body = connection.getresponse().read()
    connection.close()
    return body


def count(body: bytes) -> int:
    """Return the number of series in an answer."""
    return sum(not line.startswith(b'#') for line in gzip.decompress(body).splitlines())


def bare(series: int) -> CollectorRegistry:
    """Return a registry with as many gauges."""
    registry = CollectorRegistry()
    gauge = Gauge('interventions', 'interventions ended', ['reason'], registry=registry)
    for i in range(series):
        gauge.labels(f'a reason of usual length {i}').set(i * 1.5)
    return registry


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes, in ms."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def scrapes(series: int) -> list[Metric]:
    """Measure scrapes of as many series, and the library in between."""
    registry = bare(series)
    with exporter(series) as url:
        held = count(get(url))
        pairs = [(timed(lambda: get(url)), timed(lambda: generate_latest(registry)))
                 for _ in range(REPEATS)]
    ours, theirs = ([pair[i] for pair in pairs] for i in range(2))
    name, peer = f'scrape of {held} series', 'generate_latest alone'
    return [
        Metric(f'{name}, median', statistics.median(ours), 'ms', None, 'lower', peer,
               statistics.median(theirs)),
        Metric(f'{name}, p99', p99(ours), 'ms', GOALS[series], 'lower', peer, p99(theirs)),
        Metric(f'{name}, median, of {peer}', statistics.median(ours) / statistics.median(theirs),
               'ratio')]


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(values)[int(0.99 * (len(values) - 1))]


# --- the embedded robot --------------------------------------------------------------------------

def costs(running: Stack) -> list[Metric]:
    """Measure CPU and memory of the exporter alone, and scraped every 5 s."""
    process = running.processes()['health_exporter']
    url = url_of(running.data_dir, 'health_exporter')
    held = count(get(url))
    alone = 100 * cpu(process, LONG)
    before, began = process.cpu_times(), time.monotonic()
    for _ in range(int(LONG / 5)):
        get(url)
        time.sleep(5.0)
    taken = 100 * spent(before, process.cpu_times()) / (time.monotonic() - began)
    return [
        Metric('series of the embedded robot', held, 'series'),
        Metric('CPU of the exporter, scraped every 5 s', taken, '% of a core', 3.0, 'lower',
               'not scraped', alone),
        Metric('memory of the exporter', process.memory_info().rss / MIB, 'MiB', 120e6 / MIB)]


def spent(before: Any, after: Any) -> float:
    """Return the CPU seconds between two readings."""
    return float(after.user - before.user + after.system - before.system)


def lateness(running: Stack) -> list[Metric]:
    """Measure the arbiter's lateness in turns: with a scrape a second, and without."""
    url = url_of(running.data_dir, 'health_exporter')
    late: dict[bool, dict[str, float]] = {True: {}, False: {}}
    for turn in range(2 * TURNS):
        before = running.scrape()
        for _ in range(int(WINDOW)):
            if turn % 2:
                get(url)
            time.sleep(1.0)
        grown = differences(before, running.scrape(), 'flywheel_loop_late_seconds')
        for key, n in grown.items():
            if 'node="control_arbiter"' in key:
                late[bool(turn % 2)][key] = late[bool(turn % 2)].get(key, 0.0) + n
    (scraped, scraped99), (alone, alone99) = (mean_and_99(late[one]) for one in (True, False))
    what = 'arbiter tick lateness, {}, a scrape a second'
    return [Metric(what.format('mean'), scraped, 'ms', None, 'lower', 'without', alone),
            Metric(what.format('99 % within'), scraped99, 'ms', None, 'lower', 'without', alone99),
            Metric(what.format('mean') + ', of without', scraped / alone, 'ratio', 1.1)]


def mean_and_99(late: dict[str, float]) -> tuple[float, float]:
    """Return mean and 99th percentile of a histogram's growth, in ms."""
    total = next(n for key, n in late.items() if '_sum' in key)
    ticks = next(n for key, n in late.items() if '_count' in key)
    return 1000 * total / ticks, 1000 * quantile(late, 0.99)


if __name__ == '__main__':
    main()
