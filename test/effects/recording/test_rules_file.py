"""The rule files that ship, and those that the documentation shows."""

from dataclasses import fields
from pathlib import Path
import re

import pytest
import yaml

from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording import rule_spec
from flywheel_nodes.core.recording.fields import DERIVATIONS
from flywheel_nodes.core.recording.rule_file import read
from flywheel_nodes.core.recording.rules import OnEpisode, OnEvent, OnField, OnTime
from flywheel_nodes.effects.config_files import share_dir
from flywheel_nodes.effects.recording import rules_file
from test.core.recording.rules import DEFAULTS

DOCS = share_dir() / 'docs' / 'triggers.md'


def test_the_shipped_rules_are_found_by_name() -> None:
    assert 'recording' in rules_file.shipped()
    named = rules_file.load('recording', DEFAULTS)
    assert named == rules_file.load('', DEFAULTS)
    assert [rule.name for rule in named.rules] == [
        'policy_alarm', 'takeover', 'estop_pressed', 'snippet_requested']


def test_a_takeover_has_the_highest_priority_and_no_limits() -> None:
    takeover = rules_file.load('', DEFAULTS).rules[1]
    assert isinstance(takeover.when, OnEvent) and not takeover.when.where
    assert {str(name) for name in takeover.when.names} == {
        'intervention_started', 'native_takeover'}
    assert (takeover.priority, takeover.cooldown_ns, takeover.interval_ns) == (100, 0, 0)


def test_the_examples_in_the_shipped_file_can_be_switched_on() -> None:
    text = rules_file.path_of('').read_text(encoding='utf-8')
    switched = re.sub(r'^  # (- name|  [a-z_]+:)', r'  \1', text, flags=re.MULTILINE)
    rules = read(yaml.safe_load(switched), 'all', DEFAULTS).rules
    assert {type(rule.when) for rule in rules} == {OnEvent, OnField, OnTime, OnEpisode}


@pytest.mark.parametrize('name', ['no', 'no_such', '../recording', 'defaults'])
def test_another_name_is_refused_with_those_that_ship(name: str) -> None:
    with pytest.raises(ConfigError, match=r'known are recording.*path of a \.yaml'):
        rules_file.load(name, DEFAULTS)


def test_a_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    for text, said in (('rules: [', 'not valid YAML'), ('', 'a mapping'),
                       ('schema: flywheel.recording/1', 'rules is missing')):
        path.write_text(text)
        with pytest.raises(ConfigError, match=said) as error:
            rules_file.load(str(path), DEFAULTS)
        assert '\n' not in str(error.value)


def test_a_recorder_whose_ring_is_too_short_names_the_rule() -> None:
    config = RecorderConfig(ring_seconds=10.0)
    with pytest.raises(ConfigError, match=r'recording\.yaml: rule policy_alarm: pre_roll'):
        rules_file.of_recorder(config)
    assert rules_file.of_recorder(RecorderConfig(ring_seconds=10.0, pre_roll=10.0)).rules


@pytest.mark.parametrize('example', re.findall(
    r'```yaml\n(.*?)```', DOCS.read_text(encoding='utf-8'), re.DOTALL))
def test_the_examples_of_the_documentation_hold(example: str) -> None:
    found = read(yaml.safe_load(example), 'docs', DEFAULTS)
    assert found.rules
    found.check_ring(RecorderConfig().ring_seconds, 'docs')


def test_every_key_is_documented() -> None:
    text = DOCS.read_text(encoding='utf-8')
    for spec in (rule_spec.RuleSpec, rule_spec.EventSpec, rule_spec.FieldSpec,
                 rule_spec.TimeSpec, rule_spec.EpisodeSpec):
        for one in fields(spec):
            assert re.search(rf'[`{{ ]{one.name.rstrip("_")}[:`]', text), one.name
    for name in DERIVATIONS:
        assert f'{name}(' in text
