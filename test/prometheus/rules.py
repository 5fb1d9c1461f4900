"""The rules as they are shipped, and what their expressions ask for."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import promql_parser
import yaml

from flywheel_nodes.core.metric import Metric
from flywheel_nodes.core.metric_table import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / 'config' / 'prometheus' / 'rules'
HISTOGRAM = re.compile(r'_(bucket|sum|count)$')

Rule = dict[str, Any]


def groups(file: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((RULES / file).read_text())['groups']
    return loaded


RECORDING = groups('flywheel-recording.yml')
ALERTING = groups('flywheel-alerts.yml')
RECORDED: list[Rule] = [rule for group in RECORDING for rule in group['rules']]
ALERTS: list[Rule] = [rule for group in ALERTING for rule in group['rules']]
NAMES = sorted({rule['alert'] for rule in ALERTS})


def title(rule: Rule) -> str:
    return '-'.join((rule.get('alert') or rule['record'], *rule.get('labels', {}).values()))


def selectors(expr: str) -> Iterator[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)
        elif isinstance(node, promql_parser.VectorSelector):
            found.append(node)
    promql_parser.walk(promql_parser.parse(expr), visit)
    return iter(found)


def metric(name: str) -> Metric:
    """Return the metric that a series belongs to; KeyError for one that there is not."""
    base = name.removeprefix('flywheel_')
    return BY_NAME.get(base) or BY_NAME[HISTOGRAM.sub('', base)]
