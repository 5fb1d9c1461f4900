"""Families become what Prometheus' own parsers read back, in each format."""

import gzip
import math
import shutil
import subprocess
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text
import pytest

from flywheel_nodes.core.exposition import Family
from flywheel_nodes.core.metric import Kind, PREFIX
from flywheel_nodes.core.metric_table import BY_NAME, METRICS
from flywheel_nodes.core.metrics import Sample
from flywheel_nodes.effects.prometheus import FamilyCollector

OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
# As Prometheus 2.42 and 3.x ask.
PROMETHEUS = (f'{OPENMETRICS},application/openmetrics-text;version=0.0.1;q=0.75,'
              'text/plain;version=0.0.4;q=0.5,*/*;q=0.1')
FAMILIES = (
    Family(BY_NAME['node_up'], ((('a',), Sample(1.0)), (('b',), Sample(0.0)))),
    Family(BY_NAME['estop_pressed'], (((), Sample(math.nan)),)),
    Family(BY_NAME['interventions_total'], ((('stuck',), Sample(3.0)),)),
    Family(BY_NAME['loop_late_seconds'],
           ((('a',), Sample(1.5, (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2))),)))


def samples(text: str, parse: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in parse(text) for sample in family.samples}


@pytest.mark.parametrize(('accept', 'parse', 'kind'), [
    ('', parse_text, 'text/plain; version=0.0.4'),
    ('*/*', parse_text, 'text/plain; version=0.0.4'),
    ('text/plain;version=abc', parse_text, 'text/plain; version=0.0.4'),
    (PROMETHEUS, parse_openmetrics, 'application/openmetrics-text; version=1.0.0')])
def test_both_formats_are_read_back(accept: str, parse: Any, kind: str) -> None:
    made = FamilyCollector(lambda: FAMILIES).render(accept)
    assert made.content_type.startswith(kind)
    read = samples(made.body.decode(), parse)
    assert read['flywheel_node_up', (('node', 'a'),)] == 1.0
    assert math.isnan(read['flywheel_estop_pressed', ()])
    assert read['flywheel_interventions_total', (('reason', 'stuck'),)] == 3.0
    bucket = 'flywheel_loop_late_seconds_bucket'
    assert read[bucket, (('le', '0.001'), ('node', 'a'))] == 1.0
    assert read[bucket, (('le', '1.0'), ('node', 'a'))] == 1.0
    assert read[bucket, (('le', '+Inf'), ('node', 'a'))] == 3.0
    assert read['flywheel_loop_late_seconds_count', (('node', 'a'),)] == 3.0
    assert read['flywheel_loop_late_seconds_sum', (('node', 'a'),)] == 1.5
    assert not any(name.endswith('_created') for name, _ in read)


@pytest.mark.parametrize(('names', 'expected'), [
    (['flywheel_node_up'], {'flywheel_node_up'}),
    (['flywheel_interventions_total', 'flywheel_estop_pressed'],
     {'flywheel_interventions_total', 'flywheel_estop_pressed'}),
    (['flywheel_loop_late_seconds_count'], {'flywheel_loop_late_seconds_count'}),
    (['unheard_of', '\ud800'], set())])
def test_names_choose_series(names: list[str], expected: set[str]) -> None:
    made = FamilyCollector(lambda: FAMILIES).render(names=names)
    assert {name for name, _ in samples(made.body.decode(), parse_text)} == expected


@pytest.mark.parametrize(('header', 'encoding'), [
    ('gzip', 'gzip'), ('deflate, gzip;q=1.0', 'gzip'), ('', ''), ('br', ''), ('gzip;q=0', ''),
    ('GZIP', 'gzip'), ('gzip; q=0.5', 'gzip')])
def test_gzip_where_it_is_taken(header: str, encoding: str) -> None:
    made = FamilyCollector(lambda: FAMILIES).render(accept_encoding=header)
    assert made.encoding == encoding
    plain = gzip.decompress(made.body) if encoding else made.body
    assert b'flywheel_node_up{node="a"} 1.0' in plain


def test_series_are_asked_for_at_each_scrape() -> None:
    families = list(FAMILIES[:1])
    collector = FamilyCollector(lambda: families)
    assert b'estop' not in collector.render().body
    families.append(FAMILIES[1])
    assert b'flywheel_estop_pressed NaN' in collector.render().body


TEXT = st.text(st.characters(codec='utf-8', exclude_characters='\r\x00'), max_size=10)


@st.composite
def family(draw: st.DrawFn) -> Family:
    metric = draw(st.sampled_from(METRICS))
    size = len(metric.buckets) + 1 if metric.kind is Kind.HISTOGRAM else 0
    labels = draw(st.lists(st.tuples(*[TEXT] * len(metric.labels)), unique=True, max_size=3))
    value = st.floats(0.0, allow_nan=False, allow_infinity=False)
    return Family(metric, tuple(
        (one, Sample(draw(value), tuple(draw(st.integers(0, 1 << 50)) for _ in range(size))))
        for one in labels))


def test_openmetrics_tells_units() -> None:
    families = [Family(BY_NAME['mode_seconds_total'], ((('policy',), Sample(1.0)),))]
    assert b'# UNIT flywheel_mode_seconds seconds' in FamilyCollector(lambda: families).render(
        OPENMETRICS).body


@settings(max_examples=50)
@given(st.lists(family(), max_size=4, unique_by=lambda f: f.metric.name))
def test_any_label_and_value_survives(families: list[Family]) -> None:
    collector = FamilyCollector(lambda: families)
    text = samples(collector.render().body.decode(), parse_text)
    openmetrics = samples(collector.render(OPENMETRICS).body.decode(), parse_openmetrics)
    assert text == openmetrics
    for one in families:
        if one.metric.kind is not Kind.HISTOGRAM:
            for labels, sample in one.series:
                key = tuple(sorted(zip(one.metric.labels, labels, strict=True)))
                assert text[PREFIX + one.metric.name, key] == sample.value


@given(st.text(), st.text())
def test_no_header_breaks_a_scrape(accept: str, accept_encoding: str) -> None:
    assert FamilyCollector(lambda: FAMILIES).render(accept, accept_encoding).body


@pytest.mark.skipif(shutil.which('promtool') is None,
                    reason='promtool is not installed (Debian package prometheus)')
def test_promtool_has_nothing_to_say_of_any_metric() -> None:
    families = [Family(m, ((tuple('x' for _ in m.labels),
                            Sample(1.0, (1,) * (len(m.buckets) + 1) if m.buckets else ())),))
                for m in METRICS]
    told = subprocess.run(['promtool', 'check', 'metrics'], capture_output=True, check=False,
                          input=FamilyCollector(lambda: families).render().body)
    assert told.returncode == 0, told.stderr.decode()
