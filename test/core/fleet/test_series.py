"""What a simulated robot reports is what a robot could report."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.fleet.roster import FLEET, OFFLINE_AFTER_S, Simulated, Trouble
from flywheel_nodes.core.fleet.series import families, histogram, Moment, offline, PAST_S
from flywheel_nodes.core.metric import Kind
from flywheel_nodes.core.metrics import Labels, Sample

WALL = 1.8e9
ROBOTS = st.sampled_from(FLEET)
TIMES = st.floats(0.0, 3600.0)


def report(robot: Simulated, elapsed: float) -> Mapping[tuple[str, Labels], Sample]:
    return {(family.metric.name, labels): sample
            for family in families(Moment(robot, elapsed, WALL + elapsed))
            for labels, sample in family.series}


def of(trouble: Trouble) -> Simulated:
    return next(robot for robot in FLEET if robot.trouble is trouble)


def value(trouble: Trouble, name: str, *labels: str) -> float:
    return report(of(trouble), 61.0)[name, labels].value


@given(ROBOTS, TIMES, TIMES)
def test_totals_never_fall_and_no_series_comes_or_goes(
        robot: Simulated, one: float, other: float) -> None:
    early, late = (families(Moment(robot, at, WALL + at)) for at in sorted((one, other)))
    for before, after in zip(early, late, strict=True):
        assert [labels for labels, _ in before.series] == [labels for labels, _ in after.series]
        if before.metric.kind is Kind.GAUGE:
            continue
        for (_, was), (_, became) in zip(before.series, after.series, strict=True):
            assert became.value >= was.value
            assert all(b >= a for a, b in zip(was.counts, became.counts, strict=True))


@given(ROBOTS, TIMES)
def test_labels_and_buckets_are_those_of_the_table(robot: Simulated, at: float) -> None:
    for family in families(Moment(robot, at, WALL + at)):
        for labels, sample in family.series:
            assert len(labels) == len(family.metric.labels)
            assert len(sample.counts) == (len(family.metric.buckets) + 1
                                          if family.metric.kind is Kind.HISTOGRAM else 0)


@given(ROBOTS, TIMES)
def test_time_is_somebodys_and_one_mode_drives(robot: Simulated, at: float) -> None:
    found = report(robot, at)
    seconds = [sample.value for (name, _), sample in found.items() if name == 'mode_seconds_total']
    assert sum(seconds) == pytest.approx(PAST_S + at)
    assert sum(sample.value for (name, _), sample in found.items() if name == 'mode') == 1.0


def test_each_trouble_shows_where_an_alert_looks() -> None:
    assert value(Trouble.NODE_DOWN, 'node_up', 'teleop_relay') == 0.0
    assert value(Trouble.NONE, 'node_up', 'teleop_relay') == 1.0
    assert value(Trouble.CRASHING, 'node_restarts_total', 'snippet_recorder') == 3.0
    assert value(Trouble.NATIVE_REMOTE, 'native_takeovers_total') == 3.0
    assert value(Trouble.DISK_FULL, 'recorder_free_bytes') < value(
        Trouble.DISK_FULL, 'recorder_min_free_bytes')
    assert value(Trouble.BATTERY_LOW, 'battery_charge_ratio') < value(
        Trouble.BATTERY_LOW, 'battery_charge_low_ratio')


@given(ROBOTS, TIMES)
def test_no_policy_is_silent_or_stuck(robot: Simulated, at: float) -> None:
    found = report(robot, at)
    for detector in ('gap', 'progress'):
        score, most = (found[name, (detector,)].value
                       for name in ('policy_monitor_score', 'policy_monitor_threshold'))
        assert 0 < score < most


def test_only_the_robot_that_goes_offline_does_and_not_at_once() -> None:
    assert [robot.trouble for robot in FLEET if offline(robot, OFFLINE_AFTER_S + 1.0)] == [
        Trouble.OFFLINE]
    assert not any(offline(robot, OFFLINE_AFTER_S) for robot in FLEET)


def test_there_are_twenty_robots_and_every_trouble_once() -> None:
    assert len({robot.name for robot in FLEET}) == 20
    assert len({robot.version for robot in FLEET}) == 2
    assert sorted(robot.trouble for robot in FLEET if robot.trouble is not Trouble.NONE) == sorted(
        trouble for trouble in Trouble if trouble is not Trouble.NONE)


@given(st.lists(st.floats(0.0, 100.0)))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    made = histogram((1.0, 10.0), values)
    assert made.counts == (sum(v <= 1.0 for v in values), sum(1.0 < v <= 10.0 for v in values),
                           sum(v > 10.0 for v in values))
    assert made.value == pytest.approx(sum(values))
