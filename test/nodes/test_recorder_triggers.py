"""The rules of a recorder over real DDS."""

from pathlib import Path
from typing import Any

import pytest
from sensor_msgs.msg import BatteryState
import yaml

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.nodes.snippet_recorder import SnippetRecorder
from test.harness import Bench
from test.nodes.test_snippet_recorder import request, Robot

BATTERY = {'topic': 'battery_state', 'field': 'percentage', 'below': 0.2}


def rule_file(folder: Path, *rules: dict[str, Any]) -> str:
    path = folder / 'rules.yaml'
    path.write_text(yaml.safe_dump({'schema': 'flywheel.recording/1', 'rules': list(rules)}))
    return str(path)


def begin(bench: Bench, *rules: dict[str, Any], **params: Any) -> Robot:
    return Robot(bench, recording=rule_file(bench.folder, *rules), **params)


def events(robot: Robot, name: EventName) -> list[Event]:
    return [wire.event_from_status(status)
            for message in robot.bench.probe.heard[topics.EVENTS.name]
            for status in message.status if status.name == name]


def charge(robot: Robot, percentage: float) -> None:
    robot.bench.probe.publish(topics.BATTERY, BatteryState(percentage=percentage))


def of_trigger(bench: Bench, trigger: str) -> list[Label]:
    labels = map(read_label, SnippetRoot(bench.folder).published())
    return [label for label in labels if label.trigger == trigger]


def test_a_condition_on_a_field_makes_a_snippet_that_says_so(bench: Bench) -> None:
    robot = begin(bench, {'name': 'battery_low', 'when': {**BATTERY, 'check_rate': 100},
                          'priority': 20})
    robot.ready()
    for percentage in (float('nan'), 0.8):
        charge(robot, percentage)
        robot.wait(0.1)
    assert not events(robot, EventName.CONDITION_MET)
    robot.until(lambda: events(robot, EventName.CONDITION_MET) or charge(robot, 0.125),
                'condition_met')
    _, label = robot.snippet()

    assert (label.trigger, label.priority) == ('battery_low', 20)
    assert {one.rule for one in label.triggers} == {'battery_low'}
    (met,) = [one for one in label.events if one.name == 'condition_met']
    assert met.values == {'rule': 'battery_low', 'topic': 'battery_state',
                          'field': 'percentage', 'value': '0.125'}
    assert label.window.pre_roll_s == 1.0


def test_a_regular_sample_comes_by_itself(bench: Bench) -> None:
    robot = begin(bench, {'name': 'baseline', 'when': {'every': 1}, 'pre_roll': 0.3,
                          'post_roll': 0.1, 'priority': 0})
    _, label = robot.snippet()
    assert label.trigger == 'baseline'
    assert [one.name for one in label.triggers] == ['sample_due']


def test_a_rule_that_can_never_fire_is_said_once(bench: Bench) -> None:
    robot = begin(bench, {'name': 'typo', 'when': {**BATTERY, 'field': 'percent'}},
                  {'name': 'fine', 'when': BATTERY})
    robot.until(lambda: events(robot, EventName.CONDITION_MET) or charge(robot, 0.1),
                'condition_met')
    robot.wait(0.3)
    (said,) = events(robot, EventName.CONDITION_BROKEN)
    assert said.values['rule'] == 'typo' and 'percent' in said.values['because']
    assert said.sentence.startswith('rule typo cannot fire: battery_state percent: BatteryState')


def test_episodes_are_recorded_whole_and_kept_by_outcome(bench: Bench) -> None:
    robot = begin(bench, {'name': 'success', 'when': {'episode': 'success'}, 'pre_roll': 0.2},
                  {'name': 'none', 'when': {'episode': 'success', 'share': 0.0}})
    robot.ready()
    for episode, outcome in (('e1', 'failure'), ('e2', 'success')):
        robot.say(EventName.EPISODE_STARTED, episode=episode, task='go')
        robot.wait(0.5)
        robot.say(EventName.EPISODE_ENDED, episode=episode, task='go', outcome=outcome)
        robot.wait(0.2)
    robot.until(lambda: events(robot, EventName.SNIPPET_DISCARDED), 'snippet_discarded')
    _, label = robot.snippet()

    (discarded,) = events(robot, EventName.SNIPPET_DISCARDED)
    assert discarded.values['outcome'] == 'failure'
    assert not events(robot, EventName.SNIPPET_FAILED)
    root = SnippetRoot(bench.folder)
    assert len(root.published()) == 1 and not root.staged()
    assert label.episode is not None
    assert (label.episode.id, label.episode.outcome) == ('e2', 'success')
    assert label.duration_s > 1.0


def test_what_a_storm_refuses_is_told_and_counted(bench: Bench) -> None:
    robot = begin(bench, {'name': 'asked', 'when': {'event': 'snippet_requested'},
                          'overlap': 'separate'}, snippet_burst=2, snippets_per_hour=1.0)
    robot.ready()
    request(bench)
    robot.until(lambda: events(robot, EventName.SNIPPET_STARTED), 'snippet_started')
    request(bench)
    robot.until(lambda: events(robot, EventName.TRIGGER_REFUSED), 'trigger_refused')
    (refused,) = events(robot, EventName.TRIGGER_REFUSED)
    asked = events(robot, EventName.SNIPPET_REQUESTED)
    assert refused.values == {'rule': 'asked', 'because': 'rate_limit', 'event': asked[-1].id}
    robot.wait(1.1)
    cell = bench.running[0][0].metrics.cell('recorder_triggers_refused_total', reason='rate_limit')
    assert cell.value == 1


def test_a_native_takeover_makes_a_snippet_with_the_shipped_rules(bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    robot.say(EventName.NATIVE_TAKEOVER, owner='pendant')
    robot.wait(0.7)  # longer than the post-roll: it lasts
    robot.say(EventName.NATIVE_RELEASED)
    _, label = robot.snippet()
    assert (label.trigger, label.priority, label.window.cut) == ('takeover', 100, False)
    assert {'native_takeover', 'native_released'} <= {event.name for event in label.events}


@pytest.mark.parametrize(('rule', 'said'), [
    ({'when': {**BATTERY, 'topic': 'flywheel/metrics'}}, 'rule one: topic: flywheel/metrics is'),
    ({'when': {'every': 60}, 'pre_roll': 31}, r'rule one: pre_roll \(31 s\) is longer than ring'),
    ({'when': {'every': 60}, 'pre_roll': 9, 'max_duration': 9}, r'rule one: pre_roll \+ post_rol'),
])
def test_rules_that_cannot_hold_are_refused(bench: Bench, rule: dict[str, Any],
                                            said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        bench.start('snippet_recorder', SnippetRecorder,
                    recording=rule_file(bench.folder, {'name': 'one', **rule}))
