"""Increases survive a restart, rates go by the reports, quantiles are Prometheus' own."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.status.between import Between
from test.core.status.scrapes import made

LOST = 'topic_messages_lost_total{{topic="odom",node="{}"}} {}\n'


def test_a_rate_goes_by_the_reports_and_not_by_the_scrapes() -> None:
    before = made(1000.0, LOST.format('policy_monitor', 5), heard_s=999.9)
    now = made(1002.0, LOST.format('policy_monitor', 15), heard_s=1000.9)
    assert Between(now, before).rate('topic_messages_lost_total', topic='odom') == \
        pytest.approx(10.0)


def test_rates_of_several_nodes_add_up() -> None:
    before = made(1000.0, LOST.format('policy_monitor', 5) + LOST.format('teleop_relay', 0))
    now = made(1002.0, LOST.format('policy_monitor', 7) + LOST.format('teleop_relay', 4))
    seen = Between(now, before)
    assert seen.rate('topic_messages_lost_total') == pytest.approx(3.0)
    assert seen.rate('topic_messages_lost_total', node='teleop_relay') == pytest.approx(2.0)
    assert seen.rise('topic_messages_lost_total', topic='odom') == 6.0


def test_nobody_knows_a_rate_from_one_scrape_or_without_a_new_report() -> None:
    now = made(1000.0, LOST.format('policy_monitor', 5))
    assert Between(now).rate('topic_messages_lost_total') is None
    assert Between(now).rise('topic_messages_lost_total') is None
    assert Between(now, now).rate('topic_messages_lost_total') is None
    assert Between(now, made(990.0)).rate('no_such_metric_total') is None
    assert Between(now, made(990.0)).rate('topic_messages_lost_total') is None


@pytest.mark.parametrize(('before', 'now', 'rise'), [
    ({'policy_monitor': 5}, {'policy_monitor': 12}, 7.0),
    ({'policy_monitor': 12}, {'policy_monitor': 5}, 5.0),  # its node was started anew
    ({}, {'policy_monitor': 500}, None),  # the exporter was: these are of nobody knows when
    ({'teleop_relay': 1}, {'policy_monitor': 500, 'teleop_relay': 3}, 2.0)])
def test_a_rise_is_what_was_added_since(before: dict[str, int], now: dict[str, int],
                                        rise: float | None) -> None:
    old, new = (''.join(LOST.format(*row) for row in rows.items()) for rows in (before, now))
    seen = Between(made(1002.0, new), made(1000.0, old))
    assert seen.rise('topic_messages_lost_total') == rise


def buckets(*counts: float) -> str:
    return ''.join(f'loop_late_seconds_bucket{{node="policy_monitor",le="{edge}"}} {count}\n'
                   for edge, count in zip((0.01, 0.1, '+Inf'), counts, strict=True))


@pytest.mark.parametrize(('counts', 'median'), [
    ((10, 10, 10), 0.005), ((0, 10, 10), 0.055), ((0, 0, 10), 0.1), ((5, 10, 10), 0.01),
    ((0, 0, 0), None)])
def test_quantiles(counts: tuple[float, ...], median: float | None) -> None:
    seen = Between(made(more=buckets(*counts)), made(990.0, buckets(0, 0, 0)))
    assert seen.quantile(0.5, 'loop_late_seconds', node='policy_monitor') == \
        (None if median is None else pytest.approx(median))
    assert seen.quantile(0.5, 'loop_late_seconds', node='nobody') is None


def test_a_quantile_is_of_what_came_since() -> None:
    old, new = made(990.0, buckets(100, 100, 100)), made(1000.0, buckets(100, 110, 110))
    assert Between(new, old).quantile(0.5, 'loop_late_seconds') == pytest.approx(0.055)
    assert Between(old, old).quantile(0.5, 'loop_late_seconds') is None, 'nothing came'
    assert Between(old).quantile(0.5, 'loop_late_seconds') is None, 'of nobody knows when'
    assert Between(old, made(980.0)).quantile(0.5, 'loop_late_seconds') is None, 'nor these'
    assert Between(made(more=buckets(0, 2, 2)), new).quantile(0.5, 'loop_late_seconds') == \
        pytest.approx(0.055), 'it began anew'


@given(st.lists(st.floats(), min_size=3, max_size=3), st.floats(0.0, 1.0))
def test_no_bucket_breaks_it(counts: list[float], q: float) -> None:
    found = Between(made(more=buckets(*counts)), made(990.0)).quantile(q, 'loop_late_seconds')
    assert found is None or isinstance(found, float)
