"""Runbooks name only commands, metrics and pages that exist, and the lists of alerts are whole."""

from pathlib import Path
import re

import pytest
import yaml

from flywheel_nodes.cli import COMMANDS, main
from flywheel_nodes.core.config import AdapterConfig, MonitorConfig
from flywheel_nodes.core.dashboards.catalogue import BY_UID
from flywheel_nodes.core.services import SERVICES
from test.prometheus.rules import ALERTS, metric, NAMES, RECORDED, ROOT, selectors

BOOKS = ROOT / 'docs' / 'runbooks'
ALERT_LIST = ROOT / 'docs' / 'alerts.md'
PAGES = sorted([*BOOKS.glob('*.md'), ALERT_LIST, ROOT / 'docs' / 'slo.md'])
SECTIONS = ['What it means', 'First look', 'Causes, and what to do',
            'When to call somebody, and what not to do']
OF_RULES = {one['record'] for one in RECORDED}
GROUPS = {'snippets', 'triggers', 'keys'}
COMMAND = re.compile(r'(?:`|\$ )flywheel ([a-z][^`\n|;]*)')

every_page = pytest.mark.parametrize('file', PAGES, ids=lambda file: file.stem)


def test_each_alert_has_its_page_and_each_page_its_alert() -> None:
    assert [file.stem for file in sorted(BOOKS.glob('Flywheel*.md'))] == NAMES


@pytest.mark.parametrize('name', NAMES)
def test_a_page_has_its_sections_and_is_short(name: str) -> None:
    text = (BOOKS / f'{name}.md').read_text()
    assert text.startswith(f'# {name}\n')
    assert re.findall(r'^## (.+)$', text, re.MULTILINE) == SECTIONS
    causes = re.findall(r'^\| .+ \| .+ \| .+ \|$', text, re.MULTILINE)
    assert len(causes) >= 4, 'fewer than three causes'
    assert len(text.splitlines()) <= 60


@every_page
def test_a_page_names_only_commands_that_exist(
        file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in COMMAND.findall(file.read_text()):
        words = line.split()
        assert words[0] in COMMANDS, line
        path = words[:2] if words[0] in GROUPS else words[:1]
        with pytest.raises(SystemExit) as ended:
            main([*path, '--help'])
        assert ended.value.code == 0, line
        shown = capsys.readouterr().out
        for option in re.findall(r'--[a-z-]+', line):
            assert option in shown, line
        if words[0] == 'call':
            assert words[1] in {service.path for service in SERVICES}, line


@every_page
def test_a_page_names_only_metrics_that_exist(file: Path) -> None:
    text = file.read_text()
    recorded = set(re.findall(r'(?:robot|fleet|version|flywheel):flywheel_[\w:]+|'
                              r'flywheel:[a-z_]+', text))
    assert recorded <= OF_RULES
    for name in set(re.findall(r'(?<![:\w])flywheel_\w+', text)):
        assert metric(name)


@every_page
def test_the_queries_of_a_page_can_be_asked(file: Path) -> None:
    for block in re.findall(r'```promql\n(.+?)```', file.read_text(), re.DOTALL):
        for query in block.splitlines():
            for selector in selectors(query):
                if selector.name and selector.name.startswith('flywheel_'):
                    allowed = {*metric(selector.name).labels, 'robot', 'site', 'le'}
                    assert {one.name for one in selector.matchers.matchers} <= allowed, query


@every_page
def test_a_page_leads_only_to_what_there_is(file: Path) -> None:
    text = file.read_text()
    for link in re.findall(r'\]\(([^)#]+)', text):
        assert (file.parent / link).exists(), link
    for uid in re.findall(r'[Dd]ashboards? (flywheel-\w+)', text):
        assert uid in BY_UID


def test_the_log_of_the_exporter_can_be_searched_as_the_page_says() -> None:
    text = (BOOKS / 'FlywheelSeriesDropped.md').read_text()
    sought = re.search(r'\| grep "(.+)"', text)
    assert sought
    sources = [file.read_text() for file in (ROOT / 'flywheel_nodes').rglob('*.py')]
    refusing = [one for one in sources if "cell('exporter_series_dropped_total')" in one]
    assert len(refusing) == 3
    for source in refusing:
        assert re.search(rf"log\.warning\(\s*f'[^']*{sought[1]} ", source)
    said = ' '.join(re.sub(r"'\s+f?'", '', one) for one in sources)
    for signs in re.findall(r'^\| .+ \| (.+) \| .+ \|$', text, re.MULTILINE):
        for words in re.findall(r'`(.+?)`', signs):
            assert words in said, words


def test_the_index_has_every_alert_under_each_of_its_severities() -> None:
    index = (BOOKS / 'README.md').read_text()
    for severity, heading in (('page', 'Pages'), ('ticket', 'Tickets'), ('info', 'Info')):
        part = re.split(rf'^## {heading}.*$', index, flags=re.MULTILINE)[1].split('\n## ')[0]
        assert re.findall(r'\[(\w+)\]', part) == list(dict.fromkeys(
            rule['alert'] for rule in ALERTS if rule['labels']['severity'] == severity))


def test_the_table_of_alerts_is_whole_and_true() -> None:
    rows = re.findall(r'^\| \[(\w+)\]\(runbooks/\w+\.md\) \| (.+?) \| (.+?) \| .+ \|$',
                      ALERT_LIST.read_text(), re.MULTILINE)
    assert rows == [(rule['alert'], ', '.join(rule['labels'].values()),
                     rule.get('for', 'at once')) for rule in ALERTS]


def test_the_numbers_said_to_be_configured_are_the_defaults() -> None:
    def text(name: str) -> str:
        return ' '.join((BOOKS / f'{name}.md').read_text().split())
    assert f'`gap`, {MonitorConfig().gap:g} s' in text('FlywheelPolicyStalled')
    assert f'`action_age`, {MonitorConfig().action_age:g} s' in text('FlywheelActionAge')
    assert f'battery_low`, {AdapterConfig().battery_low:.0%}'.replace('%', ' %') in text(
        'FlywheelBatteryLow')
    assert f'temperature_high`, {AdapterConfig().temperature_high:g} degrees' in text(
        'FlywheelJointHot')


def test_the_objective_of_the_page_is_that_of_the_rule() -> None:
    rule = next(one for one in RECORDED if one['record'].endswith('objective_per_hour'))
    most = re.fullmatch(r'vector\((\d+)\)', rule['expr'])
    assert most
    assert f'at most {most[1]} interventions per hour' in (ROOT / 'docs' / 'slo.md').read_text()


def test_the_example_of_alertmanager_names_only_alerts_there_are() -> None:
    file = ROOT / 'config' / 'alertmanager' / 'alertmanager.yml'
    loaded = yaml.safe_load(file.read_text())
    matchers = [one for rule in loaded['inhibit_rules']
                for one in (*rule['source_matchers'], *rule['target_matchers'])]
    asked = [re.split(r'[=!]~?=?', one, maxsplit=1)[1].strip('~"') for one in matchers
             if one.startswith('alertname')]
    for pattern in asked:
        assert any(re.fullmatch(pattern, name) for name in NAMES), pattern
