"""Metrics of a process: counted, bounded, and the same after the wire."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from flywheel_nodes.core import wire
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.metric import ALL_NODES, Kind, Metric
from flywheel_nodes.core.metric_table import BY_NAME, METRICS
from flywheel_nodes.core.metrics import (
    Cell,
    Metrics,
    READS_AT_ZERO,
    Report,
    Sample,
)
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.nodes.messages import to_array

TEXT = st.text(st.characters(codec='utf-8', exclude_characters='\0'), max_size=20)
NUMBERS = st.floats(allow_nan=False)


@st.composite
def series(draw: st.DrawFn) -> tuple[tuple[str, tuple[str, ...]], Sample]:
    metric = draw(st.sampled_from(METRICS))
    labels = tuple(draw(TEXT) for _ in metric.labels)
    size = len(metric.buckets) + 1 if metric.kind is Kind.HISTOGRAM else 0
    counts = tuple(draw(st.integers(0, 1 << 60)) for _ in range(size))
    return (metric.name, labels), Sample(draw(NUMBERS), counts)


REPORTS = st.builds(Report, TEXT, st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
                    st.lists(series(), max_size=8).map(dict))


@given(REPORTS)
def test_a_report_survives_the_wire(report: Report) -> None:
    message = to_array(wire.report_to_statuses(report), 1)
    read = deserialize_message(serialize_message(message), type(message))
    assert wire.report_from_statuses(read.status) == report


def statuses(value: str, key: str = '["a"]', name: str = 'loop_overruns_total') -> Any:
    report = Report('n', 1.0, True, {('loop_overruns_total', ('a',)): Sample(1.0)})
    message = to_array(wire.report_to_statuses(report), 1)
    status = message.status[1]
    status.name, status.values[0].key, status.values[0].value = name, key, value
    return message.status


@pytest.mark.parametrize('bad', [
    statuses('[]'), statuses('{}'), statuses('1'), statuses('["x"]'), statuses('[1, 2]'),
    statuses(f'[{"9" * 400}]'), statuses('[1]', key='[]'), statuses('[1]', key='["a", "b"]'),
    statuses('[1]', name='unheard_of'), statuses('[1]', name='loop_late_seconds'), []])
def test_reports_that_do_not_fit_the_table_are_refused(bad: Any) -> None:
    with pytest.raises(WireError):
        wire.report_from_statuses(bad)


def test_a_start_time_that_is_no_number_is_refused() -> None:
    for started in (math.nan, math.inf):
        with pytest.raises(WireError):
            wire.report_from_statuses(to_array(
                wire.report_to_statuses(Report('n', started, True, {})), 1).status)


def test_counters_gauges_and_histograms() -> None:
    metrics = Metrics()
    metrics.add('loop_overruns_total', node='n')
    metrics.add('loop_overruns_total', 2, node='n')
    metrics.set('relay_connections', 3)
    for value in (0.0005, 0.001, 0.3, 99.0):
        metrics.observe('loop_late_seconds', value, node='n')
    read = metrics.read(full=True)
    assert read['loop_overruns_total', ('n',)] == Sample(3.0)
    assert read['relay_connections', ()] == Sample(3.0)
    late = read['loop_late_seconds', ('n',)]
    assert late.counts == (2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1)
    assert late.value == pytest.approx(99.3015)


@given(st.lists(st.floats()))
def test_a_histogram_counts_everything_and_its_sum_stays_a_number(values: list[float]) -> None:
    cell = Cell((0.1, 1.0))
    for value in values:
        cell.observe(value)
    assert sum(cell.counts) == len(values)
    if all(abs(v) < 1e300 for v in values if math.isfinite(v)):
        assert math.isfinite(cell.value)
    assert cell.counts[-1] >= sum(not math.isfinite(v) for v in values)


def test_labels_are_those_of_the_table() -> None:
    with pytest.raises(KeyError):
        Metrics().add('loop_overruns_total')
    with pytest.raises(KeyError):
        Metrics().add('loop_overruns_total', topic='x')
    with pytest.raises(KeyError):
        Metrics().add('loop_overruns_total', node='x', topic='y')
    with pytest.raises(KeyError):
        Metrics().add('unheard_of')


def test_series_are_bounded_and_what_does_not_fit_is_counted() -> None:
    metrics = Metrics(max_series=2)
    for node in ('a', 'b', 'c', 'd'):
        metrics.add('loop_overruns_total', node=node)
    metrics.add('loop_overruns_total', node='a')
    assert metrics.read(full=True) == {
        ('loop_overruns_total', ('a',)): Sample(2.0), ('loop_overruns_total', ('b',)): Sample(1.0)}
    assert metrics.dropped == 2


def test_between_full_reports_only_what_changed_is_read() -> None:
    metrics = Metrics()
    metrics.add('loop_overruns_total', node='a')
    metrics.set('relay_connections', 1)
    assert len(metrics.read(full=False)) == 2
    assert metrics.read(full=False) == {}
    metrics.add('loop_overruns_total', node='a')
    assert metrics.read(full=False) == {('loop_overruns_total', ('a',)): Sample(2.0)}
    assert len(metrics.read(full=True)) == 2
    assert metrics.read(full=False) == {}


def test_filling_replaces_all_series_of_the_metrics_told() -> None:
    metrics = Metrics(max_series=3)
    metrics.set('relay_connections', 1)
    metrics.fill({'topic_publishers': {('a',): 1.0, ('b',): 2.0}, 'graph_nodes': {}})
    metrics.fill({'topic_publishers': {('b',): 3.0, ('c',): 0.0}})
    assert metrics.read(full=True) == {
        ('relay_connections', ()): Sample(1.0), ('topic_publishers', ('b',)): Sample(3.0),
        ('topic_publishers', ('c',)): Sample(0.0)}
    metrics.fill({'topic_publishers': {(str(i),): 1.0 for i in range(9)}})
    assert len(metrics.read(full=True)) == 3 and metrics.dropped == 7


@pytest.mark.parametrize('metric', METRICS, ids=lambda m: m.name)
def test_the_table_follows_the_conventions(metric: Metric) -> None:
    assert BY_NAME[metric.name] is metric, 'declared twice'
    assert (metric.kind is Kind.COUNTER) == metric.name.endswith('_total')
    assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.help
    assert not {'episode', 'snippet', 'operator', 'type', 'stage', 'env'} & set(metric.labels)


@pytest.mark.parametrize('metric', METRICS, ids=lambda m: m.name)
def test_every_series_has_one_owner(metric: Metric) -> None:
    if metric.source == ALL_NODES:
        assert 'node' in metric.labels
    else:
        assert metric.source in {process.name for process in PROCESSES}


@pytest.mark.parametrize('node', [process.name for process in PROCESSES])
def test_a_node_begins_with_its_counters_at_zero(node: str) -> None:
    metrics = Metrics()
    metrics.begin(node)
    begun = metrics.read(full=True)
    assert all(not sample.value for sample in begun.values())
    wanted = {(metric.name, (value,)) for metric in METRICS for value in metric.closed
              if metric.source == node}
    wanted |= {(metric.name, ()) for metric in METRICS
               if metric.source == node and metric.kind is not Kind.GAUGE and not metric.labels}
    assert begun.keys() == wanted


def test_what_is_closed_has_one_label() -> None:
    for metric in METRICS:
        if metric.closed:
            assert metric.kind is Kind.COUNTER and len(metric.labels) == 1, metric.name
            assert len(set(metric.closed)) == len(metric.closed), metric.name


def test_a_series_that_is_forgotten_is_in_no_full_report() -> None:
    metrics = Metrics()
    metrics.set('battery_charge_ratio', 0.5)
    metrics.set('policy_info', 1, policy='a', version='1', checkpoint='')
    metrics.forget('policy_info')
    metrics.set('policy_info', 1, policy='b', version='1', checkpoint='')
    assert [labels for name, labels in metrics.read(full=True) if name == 'policy_info'] == [
        ('b', '1', '')]
    assert ('battery_charge_ratio', ()) in metrics.read(full=True)


@given(st.integers(1, 100), st.sampled_from([
    'robot_calls_total', 'intervention_duration_seconds']))
def test_what_begins_to_count_later_is_seen_at_zero_first(amount: int, name: str) -> None:
    labels = dict.fromkeys(BY_NAME[name].labels, 'x')
    key = name, tuple(labels.values())
    metrics = Metrics()
    metrics.set('battery_charge_ratio', 0.5)
    metrics.read(full=True)
    for _ in range(amount):
        if BY_NAME[name].kind is Kind.HISTOGRAM:
            metrics.observe(name, 1.0, **labels)
        else:
            metrics.add(name, **labels)
    full = [metrics.read(full=True)[key] for _ in range(READS_AT_ZERO + 1)]
    assert all(not one.value and not any(one.counts) for one in full[:READS_AT_ZERO])
    assert full[READS_AT_ZERO].value == amount
    assert metrics.read(full=False) == {}


def test_what_others_have_counted_for_long_is_told_at_once() -> None:
    metrics = Metrics()
    metrics.set('battery_charge_ratio', 0.5)
    metrics.read(full=True)
    metrics.fill({'host_cpu_seconds_total': {('user',): 5000.0}})
    assert metrics.read(full=False) == {('host_cpu_seconds_total', ('user',)): Sample(5000.0)}


def test_what_counts_all_the_time_is_soon_told_as_it_is() -> None:
    metrics = Metrics()
    metrics.set('battery_charge_ratio', 0.5)
    metrics.read(full=True)
    told = []
    for _ in range(10):
        metrics.add('robot_calls_total', 50, call='x', result='done')
        told.append(metrics.read(full=True)['robot_calls_total', ('x', 'done')].value)
    assert told == [0, 0, *(50.0 * number for number in range(3, 11))]
