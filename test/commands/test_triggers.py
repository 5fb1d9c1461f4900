"""The rules as a table, tried on bags of every kind, and fired by hand."""

import json
from pathlib import Path
import threading
from typing import Any

import pytest
import rclpy
from rclpy.context import Context

from flywheel_nodes.cli import main
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import EventName
from flywheel_nodes.effects.recording.snippet_folder import read_label
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.snippet_request import Answer, ask, Wish
from test.effects.recording.bags import KINDS, text, write, write_ros1
from test.harness import Bench
from test.nodes.test_recorder_triggers import BATTERY, begin, charge, events, rule_file
from test.nodes.test_snippet_recorder import Robot

SAID = {'topic': 'said', 'field': 'data', 'equals': 'stop*', 'check_rate': 1000}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('COLUMNS', '160')


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    code = main(['triggers', *map(str, args)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def sentences(bag: Path, kind: str = 'mcap') -> Path:
    """Write a bag in which somebody says stop at 20, 21 and 80 s, on a robot's topic."""
    sent = [('/husky/said', second * SECOND, text(
        'stop now' if second in (20, 21, 80) else f'go {second}')) for second in range(101)]
    return write_ros1(bag, sent) if kind == 'ros1' else write(bag, sent, kind)


def test_list_shows_the_shipped_rules(capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = run(capsys, 'list')
    assert code == 0
    for word in ('policy_alarm', 'takeover', '15 s', 'hold_open 30 s', '4 rules in'):
        assert word in shown
    assert '20 s' in run(capsys, 'list', '--param', 'pre_roll:=20.0')[1]


@pytest.mark.parametrize(('args', 'said'), [
    (('list', 'nothing'), "unknown rule file 'nothing': known are recording"),
    (('list', '/no/such.yaml'), '/no/such.yaml: No such file'),
    (('list', '--param', 'pre_roll'), 'NAME:=VALUE'),
    (('list', '--param', 'pre_rol:=1.0'), "did you mean 'pre_roll'"),
    (('list', '--param', 'pre_roll:=31.0'), 'rule policy_alarm: pre_roll (31 s) is longer than'),
    (('test', 'recording', '/no/such/bag'), 'there is no such bag'),
])
def test_a_mistake_is_one_line(args: tuple[str, ...], said: str,
                               capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = run(capsys, *args)
    assert code == 2 and said in shown
    assert shown.count('\n') == 1 and shown.startswith('flywheel triggers: ')


@pytest.mark.parametrize('kind', [*KINDS, 'ros1'])
def test_rules_are_tried_on_bags_of_every_kind(kind: str, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    bag = sentences(tmp_path / ('old.bag' if kind == 'ros1' else 'old'), kind)
    rules = rule_file(tmp_path, {'name': 'said_stop', 'when': SAID, 'cooldown': 0},
                      {'name': 'typo', 'when': {**SAID, 'field': 'dat'}},
                      {'name': 'gone', 'when': {**SAID, 'topic': 'elsewhere'}},
                      {'name': 'baseline', 'when': {'every': 60}, 'pre_roll': 2})
    code, shown = run(capsys, 'test', rules, bag, '--json')
    assert code == 0
    (report,) = json.loads(shown)
    assert report['duration_s'] == 100.0
    assert [(one['at_s'], one['rule'], one['opened']) for one in report['fired']] == [
        (20.0, 'said_stop', True), (60.0, 'baseline', True), (80.0, 'said_stop', True)]
    assert [(one['trigger'], one['start_s'], one['end_s']) for one in report['snippets']] == [
        ('said_stop', 5.0, 25.0), ('baseline', 58.0, 65.0), ('said_stop', 65.0, 85.0)]
    notes = {one['rule']: one['note'] for one in report['rules']}
    assert "no field 'dat'" in notes['typo'] and notes['gone'] == 'the bag has no such topic'


def test_the_table_tells_what_extends_what_and_what_is_refused(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = sentences(tmp_path / 'old')
    rules = rule_file(
        tmp_path, {'name': 'one', 'when': SAID}, {'name': 'other', 'when': SAID},
        {'name': 'own', 'when': SAID, 'overlap': 'separate'},
        {'name': 'seldom', 'when': SAID, 'min_interval': 600})
    code, shown = run(capsys, 'test', rules, bag, '--param', 'snippet_burst:=3',
                      '--param', 'snippets_per_hour:=1.0')
    assert code == 0
    lines = [' '.join(line.split()) for line in shown.splitlines()]
    said = 'said data = stop now, is stop*'
    assert f'20.000 one opens 1 {said}' in lines
    assert f'20.000 other extends 1 {said}' in lines
    assert f'20.000 own opens 2 {said}' in lines
    assert f'80.000 own refused: rate_limit {said}' in lines
    assert '1 one +5.0 +25.0 20.0 one, other, seldom' in lines
    assert 'own 1 1 0 1 rate_limit 1' in lines
    assert 'seldom 1 0 1 1 min_interval 1' in lines


def test_a_snippet_of_the_recorder_is_tried_as_it_was_recorded(
        bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {'name': 'battery_low', 'when': {**BATTERY, 'check_rate': 100}, 'post_roll': 0.5}
    robot = begin(bench, rule)
    robot.ready()
    robot.say(EventName.POLICY_ALARM, detector='gap', score='3')
    robot.until(lambda: events(robot, EventName.CONDITION_MET) or charge(robot, 0.125),
                'condition_met')
    folder, label = robot.snippet()
    rules = rule_file(tmp_path, rule, {'name': 'alarm', 'when': {
        'event': 'policy_alarm', 'where': {'detector': 'g*', 'score': {'above': 2}}}})
    code, shown = run(capsys, 'test', rules, folder, '--json')
    assert code == 0
    (report,) = json.loads(shown)
    assert report['namespace'] == bench.namespace
    assert [one['rule'] for one in report['fired']] == ['alarm', 'battery_low']
    before = (label.window.trigger.wall_ns - min(
        topic.first_ns for topic in label.topics.values())) / SECOND
    assert abs(report['fired'][1]['at_s'] - before) < 0.5


class Asking(threading.Thread):
    """Asks for a snippet while the bench goes on stepping."""

    def __init__(self, namespace: str, wait_s: float) -> None:
        super().__init__()
        self._namespace, self._wait_s = namespace, wait_s
        self.answer: Answer | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        context = Context()
        with distro.ros(context=context):
            node = rclpy.create_node('asking', namespace=self._namespace, context=context)
            try:
                self.answer = ask(node, Wish('ann', 'door stuck', 'door'), self._wait_s)
            except ConfigError as error:
                self.error = error
            finally:
                node.destroy_node()


def asked(robot: Robot, wait_s: float) -> Answer:
    asking = Asking(robot.bench.namespace, wait_s)
    asking.start()
    try:
        robot.until(lambda: not asking.is_alive(), 'an answer')
    finally:
        asking.join()
    assert asking.answer is not None, asking.error
    return asking.answer


def test_a_snippet_by_hand_says_who_and_why(bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    answer = asked(robot, 15.0)
    assert answer.path is not None
    label = read_label(answer.path)
    assert label.trigger == 'snippet_requested'
    assert label.triggers[0].sentence == 'ann asks for a snippet: door, door stuck'
    (event,) = [one for one in label.events if one.name == 'snippet_requested']
    assert event.values == {'by': 'ann', 'reason': 'door stuck', 'name': 'door'}


def test_a_wish_within_another_snippet_is_answered_with_that_one(bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    robot.say(EventName.INTERVENTION_STARTED, intervention='i')
    robot.until(lambda: events(robot, EventName.SNIPPET_STARTED), 'snippet_started')
    asking = Asking(bench.namespace, 15.0)
    asking.start()
    robot.until(lambda: events(robot, EventName.SNIPPET_REQUESTED), 'snippet_requested')
    robot.say(EventName.INTERVENTION_ENDED, intervention='i')
    robot.until(lambda: not asking.is_alive(), 'an answer')
    assert asking.answer is not None and asking.answer.path is not None
    assert [one.rule for one in read_label(asking.answer.path).triggers] == [
        'takeover', 'snippet_requested']


def test_a_refused_wish_is_told_why(bench: Bench) -> None:
    robot = begin(bench, {'name': 'asked', 'when': {'event': 'snippet_requested'},
                          'min_interval': 600})
    robot.ready()
    assert asked(robot, 15.0).path is not None
    assert asked(robot, 15.0).because == 'refused: min_interval'


def test_without_a_recorder_nobody_is_asked(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr('flywheel_nodes.nodes.snippet_request.PATIENCE_S', 0.2)
    with pytest.raises(ConfigError, match='no snippet_recorder listens'):
        ask(bench.probe.node, Wish('ann'))


def test_fire_needs_a_running_robot(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('ROS_DOMAIN_ID')
    code, shown = run(capsys, 'fire', '--data-dir', tmp_path)
    assert code == 2 and 'no robot runs on' in shown
