"""What /metrics serves is the newest word of each node; hostile reports cannot grow it."""

from collections import Counter
import math

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.exposition import (
    Bounds,
    Exposition,
    FORGET_AFTER,
    MAX_LABEL,
    MAX_NODES,
    owner,
)
from flywheel_nodes.core.metric import Kind
from flywheel_nodes.core.metric_table import BY_NAME, METRICS
from flywheel_nodes.core.metrics import Labels, Report, Sample

NODES = ('control_arbiter', 'policy_monitor', 'health_exporter')
OVERRUNS, MODE, STARVED, LATE = (
    'loop_overruns_total', 'mode', 'policy_starvations_total', 'loop_late_seconds')
Series = dict[tuple[str, Labels], Sample]


def at(seconds: float) -> Now:
    return Now(int(seconds * SECOND), int((1_000_000 + seconds) * SECOND))


def made(max_series: int = 100, of_metric: int = 50) -> Exposition:
    return Exposition(NODES, timeout_s=3.0, bounds=Bounds(max_series, of_metric, objection))


def objection(names: Labels, values: Labels) -> str:
    return 'no secrets' if 'secret' in values else ''


def report(series: Series, *, node: str = 'control_arbiter', full: bool = True,
           started: float = 1.0) -> Report:
    return Report(node, started, full, series)


def served(exposition: Exposition, now: Now) -> dict[tuple[str, Labels], Sample]:
    """Return what is served, which must name no series twice."""
    rows = [((family.metric.name, labels), sample)
            for family in exposition.families(now) for labels, sample in family.series]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def test_before_anything_is_heard_every_expected_node_is_down() -> None:
    assert served(made(), at(0)) == {('node_up', (name,)): Sample(0.0) for name in NODES}
    assert made().down(at(0)) == dict.fromkeys(NODES, 'never heard')


def test_a_full_report_replaces_and_a_partial_one_updates() -> None:
    exposition = made()
    exposition.take(report({(MODE, ('hold',)): Sample(1.0), (MODE, ('human',)): Sample(0.0)}),
                    at(0))
    exposition.take(report({(MODE, ('hold',)): Sample(0.0)}, full=False), at(1))
    both = served(exposition, at(1))
    assert both[MODE, ('hold',)] == Sample(0.0) and both[MODE, ('human',)] == Sample(0.0)
    exposition.take(report({(MODE, ('policy',)): Sample(1.0)}), at(2))
    now = served(exposition, at(2))
    assert {key for key in now if key[0] == MODE} == {(MODE, ('policy',))}


def test_totals_pass_through_and_a_new_process_starts_again() -> None:
    exposition = made()
    key, other = (STARVED, ('base',)), (STARVED, ('arm',))
    exposition.take(report({key: Sample(9.0), other: Sample(4.0)}), at(0))
    assert served(exposition, at(0))[key] == Sample(9.0)
    exposition.take(report({key: Sample(1.0)}, started=2.0), at(1))
    now = served(exposition, at(1))
    assert now[key] == Sample(1.0) and other not in now
    assert now['node_start_time_seconds', ('control_arbiter',)] == Sample(2.0)


def test_a_node_tells_nothing_before_all_of_it_was_heard() -> None:
    key, other = (STARVED, ('base',)), (STARVED, ('arm',))
    exposition = made()
    for second, started in ((0, 1.0), (10, 2.0)):
        exposition.take(report({key: Sample(9.0)}, full=False, started=started), at(second))
        now = served(exposition, at(second))
        assert now['node_up', ('control_arbiter',)] == Sample(1.0)
        assert key not in now, 'without the other one, their sum would look like a reset'
        exposition.take(report({key: Sample(9.0), other: Sample(4.0)}, started=started),
                        at(second + 1))
        assert {key, other} <= served(exposition, at(second + 1)).keys()


def test_a_node_is_up_until_its_heartbeat_is_too_old() -> None:
    exposition = made()
    exposition.take(report({}), at(0))
    key = ('node_up', ('control_arbiter',))
    assert served(exposition, at(3))[key] == Sample(1.0)
    assert served(exposition, at(3.1))[key] == Sample(0.0)
    assert exposition.down(at(3)).keys() == {'policy_monitor', 'health_exporter'}
    assert exposition.down(at(4.25))['control_arbiter'] == 'silent for 4.2 s'
    heartbeat = ('node_last_heartbeat_timestamp_seconds', ('control_arbiter',))
    assert served(exposition, at(9))[heartbeat] == Sample(1_000_000.0)


def test_of_a_dead_node_totals_stay_and_gauges_go() -> None:
    exposition = made()
    total, gauge = (STARVED, ('base',)), (MODE, ('policy',))
    exposition.take(report({total: Sample(9.0), gauge: Sample(1.0)}), at(0))
    assert gauge in served(exposition, at(1))
    late = served(exposition, at(60))
    assert late[total] == Sample(9.0) and gauge not in late


def test_the_same_series_from_two_nodes_is_taken_from_its_owner_alone() -> None:
    exposition = made()
    exposition.take(report({(STARVED, ('base',)): Sample(5.0)}), at(0))
    refused = exposition.take(
        report({(STARVED, ('base',)): Sample(7.0)}, node='policy_monitor'), at(0))
    assert refused == ["policy_starvations_total of 'control_arbiter' cannot come from "
                       'policy_monitor']
    assert served(exposition, at(0))[STARVED, ('base',)] == Sample(5.0)


def test_metrics_of_all_nodes_are_told_apart_by_their_node() -> None:
    exposition = made()
    for node, value in (('control_arbiter', 1.0), ('policy_monitor', 2.0)):
        assert not exposition.take(report({(OVERRUNS, (node,)): Sample(value)}, node=node), at(0))
    assert exposition.take(report({(OVERRUNS, ('policy_monitor',)): Sample(9.0)}, full=False),
                           at(0))
    now = served(exposition, at(0))
    assert now[OVERRUNS, ('control_arbiter',)] == Sample(1.0)
    assert now[OVERRUNS, ('policy_monitor',)] == Sample(2.0)


def test_nobody_can_say_of_itself_that_it_is_up() -> None:
    exposition = made()
    spoof = {('node_up', ('policy_monitor',)): Sample(1.0)}
    assert exposition.take(report(spoof, node='health_exporter'), at(0)) == [
        'node_up is told from heartbeats']
    assert served(exposition, at(0))['node_up', ('policy_monitor',)] == Sample(0.0)


def test_series_are_bounded_over_all_nodes_and_a_replacement_makes_room() -> None:
    exposition = made(max_series=3)
    first = {(STARVED, (name,)): Sample(1.0) for name in 'abc'}
    assert exposition.take(report(first), at(0)) == []
    assert exposition.take(report({(OVERRUNS, ('policy_monitor',)): Sample(1.0)},
                                  node='policy_monitor'), at(0)) == [
        'loop_overruns_total: more than max_series']
    second = {(STARVED, (name,)): Sample(1.0) for name in 'de'}
    assert exposition.take(report(second), at(1)) == []
    assert exposition.take(report({(OVERRUNS, ('policy_monitor',)): Sample(1.0)},
                                  node='policy_monitor'), at(1)) == []


def test_series_of_one_metric_are_bounded_over_all_nodes() -> None:
    exposition = made(of_metric=2)
    for node in NODES[:2]:
        assert exposition.take(report({(OVERRUNS, (node,)): Sample(1.0)}, node=node), at(0)) == []
    late: Series = {(OVERRUNS, (NODES[2],)): Sample(1.0)}
    assert exposition.take(report(late, node=NODES[2]), at(0)) == [
        'loop_overruns_total: more than max_series_per_metric']
    assert exposition.take(report({}, node=NODES[0]), at(1)) == []
    assert exposition.take(report(late, node=NODES[2]), at(1)) == []


def test_labels_can_be_objected_to() -> None:
    exposition = made()
    assert exposition.take(report({(STARVED, ('secret',)): Sample(1.0)}), at(0)) == [
        'policy_starvations_total: no secrets']
    assert (STARVED, ('secret',)) not in served(exposition, at(0))


def test_a_histogram_counts_as_prometheus_counts_it() -> None:
    buckets = len(BY_NAME[LATE].buckets) + 1
    late: Series = {(LATE, ('control_arbiter',)): Sample(1.0, (1,) * buckets)}
    assert made(max_series=buckets + 2).take(report(late), at(0)) == []
    assert len(made(max_series=buckets + 1).take(report(late), at(0))) == 1


@pytest.mark.parametrize(('name', 'labels', 'sample'), [
    (STARVED, ('base',), Sample(math.nan)), (STARVED, ('base',), Sample(math.inf)),
    (STARVED, ('base',), Sample(-1.0)), (STARVED, ('x' * (MAX_LABEL + 1),), Sample(1.0)),
    (STARVED, ('\ud800',), Sample(1.0)),
    (LATE, ('control_arbiter',), Sample(math.nan, (0,) * 11)),
    (LATE, ('control_arbiter',), Sample(1.0, (-1,) * 11)),
    (LATE, ('control_arbiter',), Sample(1.0, (10**300,) * 11))])
def test_what_prometheus_would_choke_on_is_refused(name: str, labels: Labels,
                                                   sample: Sample) -> None:
    exposition = made()
    assert len(exposition.take(report({(name, labels): sample}), at(0))) == 1
    assert (name, labels) not in served(exposition, at(0))


def test_gauges_may_be_unknown() -> None:
    exposition = made()
    assert exposition.take(report({('estop_pressed', ()): Sample(math.nan)}), at(0)) == []
    assert math.isnan(served(exposition, at(0))['estop_pressed', ()].value)


@pytest.mark.parametrize('name', ['', 'a b', '../x', 'ä', 'x' * 101, '1st', 'a\n'])
def test_names_that_no_node_can_have_are_refused(name: str) -> None:
    exposition = made()
    before = served(exposition, at(0))
    assert exposition.take(report({(OVERRUNS, (name,)): Sample(1.0)}, node=name), at(0))
    assert served(exposition, at(0)) == before


def test_unexpected_nodes_are_served_bounded_and_forgotten() -> None:
    exposition = made()
    for i in range(3 * MAX_NODES):
        exposition.take(report({}, node=f'stranger_{i}'), at(0))
    known = {labels[0] for name, labels in served(exposition, at(0)) if name == 'node_up'}
    assert 'stranger_0' in known and len(known) <= MAX_NODES + len(NODES)
    assert exposition.take(report({}), at(0)) == [], 'an expected node always has its place'
    exposition.forget(at(3.0 * FORGET_AFTER + 1))
    later = served(exposition, at(3.0 * FORGET_AFTER + 1))
    assert {labels[0] for name, labels in later if name == 'node_up'} == set(NODES)


NAMES = st.sampled_from((*NODES, 'stranger', '', '\ud800'))
LABELS = st.sampled_from((*NODES, 'base', '\ud800', '"\n\\', 'x' * 1000)) | st.text(max_size=5)
SAMPLES = {kind: st.builds(Sample, st.floats(), st.just(())) for kind in Kind}


@st.composite
def hostile(draw: st.DrawFn) -> Report:
    series: Series = {}
    for metric in draw(st.lists(st.sampled_from(METRICS), max_size=6)):
        size = len(metric.buckets) + 1 if metric.kind is Kind.HISTOGRAM else 0
        counts = draw(st.lists(st.integers(), min_size=size, max_size=size).map(tuple))
        labels = tuple(draw(LABELS) for _ in metric.labels)
        series[metric.name, labels] = Sample(draw(st.floats()), counts)
    return Report(draw(NAMES), draw(st.floats()), draw(st.booleans()), series)


def cost(key: tuple[str, Labels]) -> int:
    metric = BY_NAME[key[0]]
    return len(metric.buckets) + 3 if metric.kind is Kind.HISTOGRAM else 1


@settings(max_examples=100)
@given(st.lists(st.tuples(hostile(), st.integers(-5, 100)), max_size=12))
def test_whatever_is_reported_stays_bounded_owned_and_utf8(
        story: list[tuple[Report, int]]) -> None:
    exposition = made(max_series=40, of_metric=3)
    for one, seconds in story:
        refused = exposition.take(one, at(seconds))
        assert len(refused) <= len(one.series)
        exposition.forget(at(seconds))
        rows = served(exposition, at(seconds))
        own = {key: s for key, s in rows.items() if not key[0].startswith('node_')
               or key[0] == 'node_restarts_total'}
        assert sum(map(cost, own)) <= 40
        assert max(Counter(name for name, _ in own).values(), default=0) <= 3
        for (name, labels), sample in rows.items():
            ''.join(labels).encode()
            assert all(len(label) <= MAX_LABEL for label in labels)
            assert owner(BY_NAME[name], labels) in {*NODES, 'stranger'}
            if BY_NAME[name].kind is not Kind.GAUGE:
                assert math.isfinite(sample.value)
