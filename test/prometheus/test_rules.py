"""The rules are sound, use only what exists, and every alert is tried, explained and mended."""

from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.dashboards.catalogue import BY_UID
from flywheel_nodes.core.metric import Kind
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.core.watching.robot_watch import Owner
from test.prometheus.rules import (
    ALERTING,
    ALERTS,
    HISTOGRAM,
    metric,
    NAMES,
    RECORDED,
    RECORDING,
    ROOT,
    Rule,
    RULES,
    selectors,
    title,
)

TESTS = ROOT / 'test' / 'prometheus'
SEVERITIES = {'page', 'ticket', 'info'}
PROMETHEUS = {'up', 'ALERTS', 'vm_persistentqueue_bytes_dropped_total',
              'vmagent_remotewrite_packets_dropped_total'}
ALWAYS = {'FlywheelWatchdog'}
KNOWN: dict[str, set[str]] = {'mode': {*Mode}, 'gate': {*Gate}, 'owner': {*Owner},
                              'node': {one.name for one in PROCESSES},
                              'detector': {'gap', 'age'}}


def promtool(*args: str | Path) -> None:
    if not shutil.which('promtool'):
        pytest.skip('promtool is not installed (Debian package prometheus)')
    done = subprocess.run(['promtool', *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_pass_the_lint() -> None:
    promtool('check', 'rules', '--lint=all', '--lint-fatal', *RULES.glob('*.yml'))


@pytest.mark.parametrize('name', NAMES)
def test_an_alert_fires_stays_silent_and_ends(name: str) -> None:
    promtool('test', 'rules', TESTS / 'alerts' / f'{name}.yml')


def test_recording_rules_give_the_right_numbers() -> None:
    promtool('test', 'rules', TESTS / 'recording.yml')


def test_every_recorded_group_is_evaluated_before_the_alerts_that_read_it() -> None:
    order = [group['name'] for group in (*RECORDING, *ALERTING)]
    reads = {one['alert'] for one in ALERTS if 'robot:' in one['expr']}
    for file in TESTS.glob('**/*.yml'):
        asked = yaml.safe_load(file.read_text())['group_eval_order']
        assert asked == [name for name in order if name in asked], file.name
        assert (file.stem in reads) <= ('flywheel-presence' in asked), file.name


@pytest.mark.parametrize('rule', ALERTS, ids=title)
def test_each_alert_is_tried_in_three_ways(rule: Rule) -> None:
    tests = yaml.safe_load((TESTS / 'alerts' / f'{rule["alert"]}.yml').read_text())['tests']

    def fires(check: dict[str, Any]) -> bool:
        return any(rule['labels'].items() <= one['exp_labels'].items()
                   for one in check['exp_alerts'])
    stories = [''.join('!' if fires(check) else '.' for check in test['alert_rule_test'])
               for test in tests]
    if rule['alert'] in ALWAYS:
        assert {*''.join(stories)} == {'!'}
        return
    assert any(re.search(r'\.!+\.', story) for story in stories), 'does not fire and resolve'
    assert any(set(story) == {'.'} for story in stories), 'nothing in which it stays silent'


def test_no_test_is_of_an_alert_that_is_gone() -> None:
    assert [file.stem for file in sorted((TESTS / 'alerts').glob('*.yml'))] == NAMES


@pytest.mark.parametrize('rule', ALERTS, ids=title)
def test_an_alert_says_whom_it_wakes_where_it_is_and_what_to_read(rule: Rule) -> None:
    labels, notes = rule['labels'], rule['annotations']
    assert labels['severity'] in SEVERITIES
    assert set(labels) <= {'severity', 'scope'}
    assert set(notes) == {'summary', 'description', 'runbook_url', 'dashboard'}
    if labels.get('scope') != 'fleet' and rule['alert'] not in ALWAYS:
        assert '$labels.robot' in notes['summary']
        assert '$labels.site' in notes['summary']
        assert '$labels.robot' in notes['description']
    recorded = {one['record'] for one in RECORDED}
    for name in re.findall(r'(?:\w+:)?flywheel_[\w:]+', notes['description']):  # by a template
        assert name in recorded or name.removeprefix('flywheel_') in BY_NAME
    assert notes['runbook_url'] == f'docs/runbooks/{rule["alert"]}.md'
    assert (ROOT / notes['runbook_url']).is_file()
    assert notes['dashboard'] in BY_UID


@pytest.mark.parametrize('rule', RECORDED + ALERTS, ids=title)
def test_a_rule_reads_only_what_exists(rule: Rule) -> None:
    recorded = {one['record'] for one in RECORDED}
    for selector in selectors(rule['expr']):
        name = str(selector.name)
        if name in recorded | PROMETHEUS:
            continue
        assert name.startswith('flywheel_'), name
        asked = metric(name)
        assert (asked.kind is Kind.HISTOGRAM) == bool(HISTOGRAM.search(name)), name
        for matcher in selector.matchers.matchers:
            assert matcher.name in (*asked.labels, 'le', 'job', 'robot', 'site'), name
            closed = set(asked.closed) if matcher.name in asked.labels[:1] else set()
            known = {str(word) for word in closed or KNOWN.get(matcher.name, set())}
            assert not known or set(matcher.value.split('|')) <= known, matcher.value


@pytest.mark.parametrize('rule', RECORDED, ids=title)
def test_what_is_recorded_is_named_by_what_it_is_summed_over(rule: Rule) -> None:
    level = rule['record'].split(':')[0]
    if level == 'fleet':
        assert ' by ' not in rule['expr']
    elif level == 'version':
        assert 'robot:' not in rule['expr']
    else:
        assert level in ('robot', 'flywheel')


def test_the_alerts_ask_each_series_for_its_age_no_longer_than_needed() -> None:
    # Long windows over raw series are what makes rules slow: alerts read them recorded.
    assert not [rule['alert'] for rule in ALERTS if re.search(r'\[([36]h|\d+d)\]', rule['expr'])]
