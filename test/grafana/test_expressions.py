"""Every expression is PromQL, and speaks of metrics that exist; what a dashboard linter asks."""

from collections.abc import Iterator
from functools import cache
from itertools import chain, combinations
import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import promql_parser
import pytest
import yaml

from flywheel_nodes.core.dashboards.catalogue import BY_UID, DASHBOARDS
from flywheel_nodes.core.dashboards.model import Dashboard, Kind, Query
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import everything, filled
from flywheel_nodes.core.metric import Kind as Type
from flywheel_nodes.core.metric import PREFIX
from flywheel_nodes.core.metric_table import METRICS

CHECKOUT = Path(__file__).resolve().parents[2]
RULES = CHECKOUT / 'config' / 'prometheus' / 'rules'
VALUES = everything(3600, 20)
QUERIES = {one.uid: [query for panel in one.panels for query in panel.queries]
           for one in DASHBOARDS}
EXPRESSIONS = {one.uid: [*QUERIES[one.uid], *(Query(m.expr, m.title) for m in one.annotations)]
               for one in DASHBOARDS}
TOTALS = {'flywheel_node_restarts_total'}  # shown as such: since the robot booted
FROM_PROMETHEUS = {'ALERTS', 'ALERTS_FOR_STATE'}
PAGES = {one.uid: json.loads((CHECKOUT / f'config/grafana/dashboards/{one.uid}.json').read_text())
         for one in DASHBOARDS}
expressions = pytest.mark.parametrize('queries', EXPRESSIONS.values(), ids=EXPRESSIONS)
pages = pytest.mark.parametrize('page', PAGES.values(), ids=PAGES)


@cache
def series() -> dict[str, Type | None]:
    """Return every name that may be asked for, with the type of those of the metric table."""
    found: dict[str, Type | None] = dict.fromkeys(FROM_PROMETHEUS)
    for metric in METRICS:
        ends = ('_bucket', '_sum', '_count') if metric.kind is Type.HISTOGRAM else ('',)
        found |= {f'{PREFIX}{metric.name}{end}': metric.kind for end in ends}
    for file in RULES.glob('*.yml'):
        for group in yaml.safe_load(file.read_text())['groups']:
            found |= {rule['record']: None for rule in group['rules'] if 'record' in rule}
    return found


def selectors(node: Any, inside: str = '') -> Iterator[tuple[Any, str]]:
    """Give each vector selector of an expression and the functions it stands in."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node, inside
        return
    if isinstance(node, promql_parser.Call):
        inside = f'{inside} {node.func.name}'
    for name in ('expr', 'lhs', 'rhs', 'vector_selector', 'param'):
        child = getattr(node, name, None)
        if child is not None and type(child).__module__.startswith('promql_parser'):
            yield from selectors(child, inside)
    for child in getattr(node, 'args', ()) or ():
        yield from selectors(child, inside)


def parsed(query: Query) -> Any:
    return promql_parser.parse(filled(query.promql, VALUES))


@expressions
def test_it_is_promql_of_metrics_that_exist(queries: list[Query]) -> None:
    for query in queries:
        found = {one.name for one, _ in selectors(parsed(query))}
        assert found and found <= set(series()), query.expr


@expressions
def test_every_selector_of_a_robot_knows_robot_and_site(queries: list[Query]) -> None:
    for query in queries:
        for one, _ in selectors(parsed(query)):
            matched = {matcher.name for matcher in one.matchers.matchers}
            assert one.name.startswith('flywheel:') or {'robot', 'site'} <= matched, query.expr


@expressions
def test_counters_are_rated_and_gauges_are_not(queries: list[Query]) -> None:
    for query in queries:
        for one, inside in selectors(parsed(query)):
            rated = bool({'rate', 'increase'} & set(inside.split()))
            rated |= {'clamp_min', 'last_over_time'} <= set(inside.split())  # by difference
            if series()[one.name] is Type.GAUGE:
                assert not rated, query.expr
            elif series()[one.name] and one.name not in TOTALS:
                assert rated, query.expr


@expressions
def test_windows_of_rates_are_grafanas(queries: list[Query]) -> None:
    for query in queries:
        windows = re.findall(r'\b(\w*)\([^()]*\[([^\]:]+)', query.promql)
        assert {window for call, window in windows if call == 'rate'} <= {'$__rate_interval'}
        assert {window for call, window in windows if call != 'last_over_time'} <= {
            '$__rate_interval', '$__range', '1h', '1d'}


@pytest.mark.parametrize('dashboard', DASHBOARDS, ids=BY_UID)
def test_what_was_counted_is_a_whole_number(dashboard: Dashboard) -> None:
    for panel in dashboard.panels:
        for query in panel.queries if panel.kind.instant else ():
            if (query.unit or panel.unit) is Unit.COUNT and 'increase(' in query.promql:
                assert 'round(' in query.promql, panel.title


@pytest.mark.parametrize('queries', QUERIES.values(), ids=QUERIES)
def test_labels_of_a_legend_are_in_the_answer(queries: list[Query]) -> None:
    for query in queries:
        assert query.legend.strip()
        for label in re.findall(r'{{(\w+)}}', query.legend):
            kept = re.search(rf'(by|group_left) \([^)]*\b{label}\b', query.promql)
            assert kept or query.expr.startswith('bottomk(5, robot:'), query.expr


def test_prometheus_itself_accepts_them(tmp_path: Path) -> None:
    if not shutil.which('promtool'):
        pytest.skip('promtool is not installed (Debian package prometheus)')
    rules = [{'record': f'dashboards:n{n}', 'expr': filled(query.promql, VALUES)}
             for n, query in enumerate(chain.from_iterable(EXPRESSIONS.values()))]
    file = tmp_path / 'rules.yml'
    file.write_text(yaml.safe_dump({'groups': [{'name': 'dashboards', 'rules': rules}]}))
    done = subprocess.run(['promtool', 'check', 'rules', str(file)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'{len(rules)} rules found' in done.stdout


# --- what Grafana's dashboard-linter asks -------------------------------------------------------


@pytest.mark.parametrize('dashboard', DASHBOARDS, ids=BY_UID)
def test_panels_explain_themselves(dashboard: Dashboard) -> None:
    for panel in dashboard.panels:
        legends = [query.legend for query in panel.queries]
        assert panel.title and panel.text.endswith('.')
        assert len(set(legends)) == len(legends), panel.title
        assert panel.key or panel.kind is not Kind.TABLE, panel.title
        assert panel.names or panel.kind is not Kind.STATES, panel.title
        assert set(panel.worst_first) <= set(legends), panel.title


@pytest.mark.parametrize('dashboard', DASHBOARDS, ids=BY_UID)
def test_a_metric_of_seconds_or_bytes_is_shown_as_such(dashboard: Dashboard) -> None:
    for panel in dashboard.panels:
        for query in panel.queries:
            if panel.kind in (Kind.LINES, Kind.STAT) and 'histogram_quantile' in query.promql \
                    and '_seconds_bucket' in query.promql:
                assert (query.unit or panel.unit).value == 's', panel.title
            if re.search(r'_bytes\{', query.promql) and '/' not in query.promql:
                assert (query.unit or panel.unit).value in ('bytes', 'Bps'), panel.title


@pages
def test_every_query_goes_to_the_chosen_datasource(page: dict[str, Any]) -> None:
    assert page['templating']['list'][0]['name'] == 'datasource'
    assert page['templating']['list'][0]['type'] == 'datasource'
    for panel in page['panels']:
        if panel['type'] != 'row':
            assert panel['datasource']['uid'] == '${datasource}'
            assert {t['datasource']['uid'] for t in panel['targets']} == {'${datasource}'}
    for variable in page['templating']['list'][1:]:
        assert variable['datasource']['uid'] == '${datasource}'
        assert (variable['multi'], variable['includeAll'], variable['allValue'],
                variable['refresh']) == (True, True, '.*', 2)


@pages
def test_variables_that_are_used_are_declared(page: dict[str, Any]) -> None:
    declared = {variable['name'] for variable in page['templating']['list']}
    queries = [target['expr'] for panel in page['panels'] for target in panel.get('targets', ())]
    queries += [mark['expr'] for mark in page['annotations']['list']]
    used = set(re.findall(r'\$\{?(\w+)', ' '.join(queries)))
    assert {'robot', 'site'} <= used
    assert used - {'__range', '__rate_interval'} <= declared


@pages
def test_panels_have_units_and_ids_and_do_not_overlap(page: dict[str, Any]) -> None:
    ids = [panel['id'] for panel in page['panels']]
    assert len(set(ids)) == len(ids)
    for panel in page['panels']:
        assert panel['type'] == 'row' or panel['fieldConfig']['defaults']['unit']
        assert panel['gridPos']['x'] + panel['gridPos']['w'] <= 24
    for one, other in combinations([panel['gridPos'] for panel in page['panels']], 2):
        assert one['x'] + one['w'] <= other['x'] or other['x'] + other['w'] <= one['x'] \
            or one['y'] + one['h'] <= other['y'] or other['y'] + other['h'] <= one['y']


@pages
def test_it_is_found_linked_and_not_edited_by_hand(page: dict[str, Any]) -> None:
    assert page['uid'] in BY_UID and page['editable'] is False and page['tags'] == ['flywheel']
    (link,) = page['links']
    assert (link['includeVars'], link['keepTime'], link['tags']) == (True, True, ['flywheel'])
