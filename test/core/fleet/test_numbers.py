"""Numbers are shown with their query, and their queries are PromQL over metrics that exist."""

import re

import pytest

from flywheel_nodes.core.fleet.answers import Answer
from flywheel_nodes.core.fleet.checks import checks
from flywheel_nodes.core.fleet.numbers import lines, Number, NUMBERS
from flywheel_nodes.core.metric import PREFIX
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.effects.config_files import read_text, share_dir

CHECKS = checks(22, 1, 'steady', 'flawed')
QUERIES = [*(number.query for number in NUMBERS), *(check.query for check in CHECKS)]


@pytest.mark.parametrize('query', QUERIES)
def test_every_query_is_promql(query: str) -> None:
    promql_parser = pytest.importorskip('promql_parser')
    promql_parser.parse(query)


@pytest.mark.parametrize('query', QUERIES)
def test_every_name_is_in_the_metric_table_or_recorded(query: str) -> None:
    rules = read_text(share_dir() / 'config' / 'prometheus' / 'rules' / 'flywheel-recording.yml')
    for name in re.findall(r'[a-z]+:flywheel_[\w:]+', query):
        assert f'record: {name}\n' in rules
    for name in re.findall(rf'(?<!:)\b{PREFIX}(\w+)', query):
        assert name in BY_NAME


def test_a_number_is_its_title_its_values_and_its_query() -> None:
    number = Number('Worst', 'topk(2, x)', '{:.1f}', most=2)
    given = [Answer({'__name__': 'x', 'robot': 'a'}, 2.0), Answer({}, 1.0), Answer({}, 0.5)]
    assert list(lines(number, given)) == [
        'Worst', '       2.0  a', '       1.0', '  and 1 more', '      topk(2, x)']
    assert list(lines(number, [])) == ['Worst', '      none', '      topk(2, x)']
