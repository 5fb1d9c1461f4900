import pytest

from flywheel_nodes.core.dashboards.model import Kind, Panel, Query
from flywheel_nodes.core.dashboards.variables import everything, filled


def test_the_robots_that_were_chosen_stand_for_the_at_sign() -> None:
    query = Query('rate(a_total{@}[1m])\n   / b{@,mode="policy"} @ end()', 'x')
    assert query.promql == ('rate(a_total{robot=~"$robot",site=~"$site"}[1m]) / '
                            'b{robot=~"$robot",site=~"$site",mode="policy"} @ end()')


def test_each_query_has_its_letter() -> None:
    first, second = Query('a{@}', 'x'), Query('b{@}', 'y')
    assert Panel(Kind.LINES, 't', 'It.', (first, second)).lettered == (
        ('A', first), ('B', second))


@pytest.mark.parametrize('count', [0, 17])
def test_a_panel_has_as_many_queries_as_grafana_can_name(count: int) -> None:
    with pytest.raises(ValueError, match=f'speed: {count} queries'):
        Panel(Kind.LINES, 'speed', 'It.', (Query('a{@}', 'x'),) * count)


def test_numbers_and_tables_ask_for_now() -> None:
    assert {kind for kind in Kind if kind.instant} == {Kind.STAT, Kind.TABLE, Kind.BARS}


def test_variables_are_filled_in() -> None:
    values = everything(3600, 20)
    assert filled('x{robot=~"$robot"}[$__range:$__rate_interval] ${site}', values) == \
        'x{robot=~".*"}[3600s:20s] .*'


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(KeyError, match='arm'):
        filled('x{arm="$arm"}', everything(1, 1))
