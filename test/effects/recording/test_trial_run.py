"""Rules on bags: robots' namespaces, old events, types that only the bag knows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from flywheel_nodes.core import wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.storm import Bounds
from flywheel_nodes.effects.recording.trial_run import run, TrialReport
from test.core.recording.rules import recording
from test.effects.recording.bags import START, text, write

TYPES = get_typestore(Stores.ROS2_KILTED)
ARRAY = 'diagnostic_msgs/msg/DiagnosticArray'
SAID = {'topic': 'said', 'field': 'data', 'equals': 'stop'}
THING = 'vendor_msgs/msg/Gauge'


def trial(path: Path, *rules: dict[str, Any], namespace: str | None = None) -> TrialReport:
    return run(path, recording(*rules), Bounds(), namespace)


def fired(report: TrialReport) -> list[tuple[float, str]]:
    return [(one.at_s, one.rule) for one in report.fired]


def array(*events: Event) -> bytes:
    of = {name.rsplit('/')[-1]: TYPES.types[name] for name in (
        'builtin_interfaces/msg/Time', 'std_msgs/msg/Header', 'diagnostic_msgs/msg/KeyValue',
        'diagnostic_msgs/msg/DiagnosticStatus', ARRAY)}
    statuses = [of['DiagnosticStatus'](one.level, one.name, one.message, one.hardware_id,
                                       [of['KeyValue'](*pair) for pair in one.values])
                for one in map(wire.event_to_status, events)]
    message = of['DiagnosticArray'](of['Header'](of['Time'](0, 0), ''), statuses)
    return bytes(TYPES.serialize_cdr(message, ARRAY))


def event(name: EventName, at_s: float, identifier: str = '', **values: str) -> Event:
    at_ns = round(at_s * SECOND)
    return Event(name, str(name), at_ns, values).stamped(
        identifier or f'{name} {at_s}', 'x', START + at_ns)


def story(path: Path, sent: Sequence[tuple[float, Event]], topic: str = '/r7/flywheel/events',
          end_s: float = 200.0) -> Path:
    """Write events as they were received, and the last message of another topic."""
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    with writer:
        link = writer.add_connection(topic, ARRAY, typestore=TYPES)
        other = writer.add_connection('/r7/said', 'std_msgs/msg/String', typestore=TYPES)
        writer.write(other, START, text('begin'))
        for at_s, one in sent:
            writer.write(link, START + round(at_s * SECOND), array(one))
        writer.write(other, START + round(end_s * SECOND), text('end'))
    return path


def test_events_of_a_bag_fire_and_its_old_ones_do_not(tmp_path: Path) -> None:
    alarm = event(EventName.POLICY_ALARM, 50)
    bag = story(tmp_path / 'bag', [
        (1, event(EventName.ESTOP_PRESSED, -600)), (50, alarm), (51, alarm),
        (60, event(EventName.INTERVENTION_STARTED, 60, intervention='i')),
        (70, event(EventName.INTERVENTION_ENDED, 70, intervention='i')),
        (80, event(EventName.CONDITION_MET, 80, rule='stop')),
        (81, event(EventName.SAMPLE_DUE, 81, rule='stop'))])
    report = trial(bag, {'name': 'stop', 'when': {'event': 'estop_pressed'}},
                   {'name': 'alarm', 'when': {'event': 'policy_alarm'}, 'hold_open': 30},
                   {'name': 'human', 'when': {'event': 'intervention_started'}},
                   {'name': 'said', 'when': SAID})
    assert report.namespace == '/r7'
    assert fired(report) == [(50.0, 'alarm'), (60.0, 'human')]
    (made,) = report.snippets
    assert (made.start_s, made.end_s, made.rules, made.cut) == (
        35.0, 75.0, ('alarm', 'human'), False)


def test_episodes_of_a_bag_are_kept_or_discarded(tmp_path: Path) -> None:
    sent = []
    for n, outcome in enumerate(('success', 'failure')):
        sent += [(30 * n + 5, event(EventName.EPISODE_STARTED, 30 * n + 5, episode=f'e{n}')),
                 (30 * n + 25, event(EventName.EPISODE_ENDED, 30 * n + 25, episode=f'e{n}',
                                     outcome=outcome))]
    report = trial(story(tmp_path / 'bag', sent), {'name': 'good', 'when': {'episode': 'success'}})
    assert [(one.end_s, one.discarded) for one in report.snippets] == [
        (30.0, False), (55.0, True)]


def test_what_is_open_at_the_end_of_the_bag_ends_there(tmp_path: Path) -> None:
    bag = story(tmp_path / 'bag', [(99, event(EventName.ESTOP_PRESSED, 99))], end_s=100.0)
    (made,) = trial(bag, {'name': 'stop', 'when': {'event': 'estop_pressed'}}).snippets
    assert (made.end_s, made.cut) == (100.0, True)


def test_topics_are_found_in_a_namespace_or_by_their_end(tmp_path: Path) -> None:
    sent = [('/a/said', 0, text('stop')), ('/b/said', SECOND, text('stop')),
            ('/c/heard', SECOND, text('stop'))]
    bag = write(tmp_path / 'bag', sent)
    said, heard = ({'name': 'one', 'when': {**SAID, 'topic': topic}} for topic in (
        'said', 'heard'))
    assert fired(trial(bag, heard)) == [(1.0, 'one')]
    assert fired(trial(bag, said)) == [], 'which of the two is meant is not clear'
    assert fired(trial(bag, said, namespace='/b')) == [(1.0, 'one')]
    assert fired(trial(bag, {'name': 'one', 'when': {**SAID, 'topic': '/a/said'}})) == [
        (0.0, 'one')]


def test_a_type_that_only_the_bag_knows_is_decoded(tmp_path: Path) -> None:
    own = get_typestore(Stores.EMPTY)
    own.register(get_types_from_msg('float32 pressure', THING))
    with Writer(tmp_path / 'bag', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        link = writer.add_connection('/gauge', THING, typestore=own)
        for second, value in enumerate((1.0, 2.0, 9.0, 9.0)):
            data = own.serialize_cdr(own.types[THING](value), THING)
            writer.write(link, START + second * SECOND, data)
    report = trial(tmp_path / 'bag', {'name': 'high', 'when': {
        'topic': 'gauge', 'field': 'pressure', 'above': 5}})
    assert fired(report) == [(2.0, 'high')]


def test_a_payload_that_does_not_decode_is_said(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', [('/said', 0, b'\0\1\0\0\xff\xff\xff\xff')])
    (tally,) = trial(bag, {'name': 'one', 'when': SAID}).rules
    assert 'cannot be decoded' in tally.note


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', [('/said', n * SECOND, text('x')) for n in range(5)])
    told: list[float] = []
    run(bag, recording({'name': 'one', 'when': SAID}), Bounds(), None, told.append)
    assert told == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_the_real_log(husky: Path) -> None:
    report = trial(husky, {'name': 'driving', 'when': {
        'topic': 'odom', 'field': 'twist.twist.linear.x', 'above': 0.3, 'mode': 'level',
        'for': 1}, 'post_roll': 2, 'pre_roll': 2})
    assert report.torn == '' and report.duration_s == pytest.approx(395.3, abs=0.1)
    (tally,) = report.rules
    assert tally.fired == len(report.snippets) > 0
    for one in report.snippets:
        assert one.end_s - one.start_s <= 180.0


@pytest.mark.parametrize(('type_', 'data'), [
    (ARRAY, b'\0\1\0\0\1'), ('std_msgs/msg/String', text('x'))])
def test_events_that_do_not_decode_fire_nothing(tmp_path: Path, type_: str, data: bytes) -> None:
    writer = Writer(tmp_path / 'bag', version=9, storage_plugin=StoragePlugin.MCAP)
    with writer:
        link = writer.add_connection('/r7/flywheel/events', type_, typestore=TYPES)
        writer.write(link, START, data)
        if type_ == ARRAY:
            writer.write(link, START + SECOND, array(event(EventName.POLICY_ALARM, 1)))
    report = trial(tmp_path / 'bag', {'name': 'alarm', 'when': {'event': 'policy_alarm'}})
    assert fired(report) == ([(1.0, 'alarm')] if type_ == ARRAY else [])
