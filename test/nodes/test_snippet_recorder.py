"""The recorder over real DDS: a trigger, and the snippet on disk is what was published."""

from collections.abc import Callable
from pathlib import Path
import time
from typing import Any

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.typesys import get_typestore, Stores
from std_msgs.msg import String
from std_srvs.srv import Trigger

from flywheel_nodes.core import ticks, topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import code, Control, Gate, Mode, PolicyInfo
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.ids import uuid7
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.snippet_folder import (
    broken,
    read_label,
    read_state,
    SnippetRoot,
)
from flywheel_nodes.effects.recording.verification import verify
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.messages import message_class, to_array, to_multi_array
from flywheel_nodes.nodes.snippet_recorder import SnippetRecorder
from test.harness import Bench

SHORT = {'pre_roll': 1.0, 'post_roll': 0.5, 'min_free_bytes': 0}

TYPES = get_typestore(Stores.ROS2_KILTED)


def joint_state(number: int) -> bytes:
    """Serialize by other means than rclpy's, which leaves a tail of chance behind."""
    time_, header, state = (TYPES.types[name] for name in (
        'builtin_interfaces/msg/Time', 'std_msgs/msg/Header', 'sensor_msgs/msg/JointState'))
    none = np.array([])
    message = state(header(time_(number, 0), 'base'), ['a', 'b'], np.array([number, 0.5]), none,
                    none)
    return bytes(TYPES.serialize_cdr(message, state.__msgtype__))


class Robot:
    """Stands for the rest of the stack: publishes, and remembers the bytes of joint_states."""

    def __init__(self, bench: Bench, **params: Any) -> None:
        bench.probe.listen(topics.EVENTS)
        self.bench = bench
        self.sent: list[bytes] = []
        self.sent_ns: list[int] = []
        self.recorder = bench.start('snippet_recorder', SnippetRecorder, **{**SHORT, **params})
        self.at: Control | None = None

    def publish(self) -> None:
        number = len(self.sent)
        data = joint_state(number)
        self.sent.append(data)
        self.sent_ns.append(time.monotonic_ns())
        self.bench.probe.publish(topics.JOINT_STATES, data)
        if self.at is not None:
            self._tick(self.at)

    def _tick(self, at: Control) -> None:
        row = ticks.Tick(time.time_ns(), code(at.mode), code(at.gate), code(at.phase), 1, 1, 0,
                         1.0, 0, (0.5,), (0.1,), (0.2,))
        self.bench.probe.publish(topics.TICKS, to_multi_array(wire.ticks_to_table([row], ['vx'])))

    def control(self, mode: Mode, gate: Gate = Gate.NONE, phase: Phase = Phase.NONE,
                **rest: str) -> None:
        self.at = Control(mode, gate, '', phase, **rest)
        self.bench.probe.publish(topics.CONTROL, to_array([wire.control_to_status(self.at)],
                                                          time.time_ns()))

    def say(self, name: EventName, /, late_s: float = 0.0, **values: str) -> None:
        late_ns = int(late_s * SECOND)
        wall = time.time_ns() - late_ns
        event = Event(name, str(name), time.monotonic_ns() - late_ns, values).stamped(
            uuid7(wall, len(self.sent).to_bytes(10, 'big')), 'probe', wall)
        self.bench.probe.publish(topics.EVENTS, to_array([wire.event_to_status(event)], wall))

    def ready(self) -> None:
        """Wait until the recorder hears the probe, then for a pre-roll's length."""
        ring = self.recorder._receiving.ring
        self.until(lambda: len(ring) > 5, 'messages in the ring')
        self.wait(1.1)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, 'time')

    def until(self, condition: Callable[[], Any], what: str) -> None:
        self.bench.until(condition, what, each=self.publish)

    def saved(self) -> list[str]:
        return self._values(EventName.SNIPPET_SAVED, 'path')

    def _values(self, name: EventName, key: str) -> list[str]:
        events = [wire.event_from_status(status)
                  for message in self.bench.probe.heard[topics.EVENTS.name]
                  for status in message.status if status.name == name]
        return [event.values[key] for event in events]

    def snippet(self) -> tuple[Path, Label]:
        self.until(self.saved, 'snippet_saved')
        folder = Path(self.saved()[0])
        return folder, read_label(folder)

    def name(self, topic: topics.Topic) -> str:
        return topics.absolute(topic.name, self.bench.namespace)


def read(folder: Path, name: str) -> list[snippet_reader.Message]:
    with snippet_reader.open_bag(folder) as bag:
        return list(bag.messages([name]))


def request(bench: Bench) -> None:
    answer = bench.call(Trigger, f'{bench.namespace}/snippet_recorder/trigger_snippet',
                        Trigger.Request())
    assert answer.success


def test_a_snippet_holds_what_was_published_around_the_trigger(bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    request(bench)
    folder, label = robot.snippet()

    assert broken(folder, label) == ''
    assert label.trigger == 'snippet_requested'
    name = robot.name(topics.JOINT_STATES)
    got = read(folder, name)
    first = robot.sent.index(got[0].data)
    assert [one.data for one in got] == robot.sent[first:first + len(got)]
    start_ns, end_ns = label.window.start.mono_ns, label.window.end.mono_ns
    assert robot.sent_ns[first - 1] < start_ns
    received = [one for one in robot.recorder._receiving.ring.since(start_ns)
                if one.mono_ns <= end_ns
                and robot.recorder._graph.channels[one.channel].topic == name]
    assert len(got) == len(received), 'pre-roll and post-roll reach to their edges'
    assert label.topics[name].messages == len(got)
    assert label.topics[name].lost == 0
    rows = Catalog(bench.folder / 'catalog.sqlite')
    assert rows.names() == [folder.name]
    rows.close()


def test_state_from_before_the_window_stands_at_its_first_stamp(bench: Bench) -> None:
    robot = Robot(bench)
    card = PolicyInfo('steady', '1', 'abc', task='go')
    bench.probe.publish(topics.POLICY_INFO, to_array([wire.policy_to_status(card)], 1))
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    publisher = bench.probe.node.create_publisher(String, 'robot_description', latched)
    publisher.publish(String(data='<robot/>'))
    robot.ready()
    robot.wait(0.5)
    request(bench)
    folder, label = robot.snippet()

    start = min(topic.first_ns for topic in label.topics.values())
    (info,) = read(folder, robot.name(topics.POLICY_INFO))
    (description,) = read(folder, f'{bench.namespace}/robot_description')
    assert info.log_ns == description.log_ns == start
    assert description.decoded.data == '<robot/>'
    assert label.policy == card
    originals = {one.topic: one for one in label.latched}
    assert set(originals) == {robot.name(topics.POLICY_INFO),
                              f'{bench.namespace}/robot_description'}
    assert all(one.received_ns < label.window.start.wall_ns for one in originals.values())
    assert label.topics[robot.name(topics.POLICY_INFO)].latched


def test_one_turn_gives_one_snippet_that_tells_it(bench: Bench) -> None:
    robot = Robot(bench, post_roll=3.0)
    robot.control(Mode.POLICY)
    robot.say(EventName.EPISODE_STARTED, episode='e1', task='go', instruction='go there',
              policy='steady')
    robot.ready()
    robot.say(EventName.POLICY_ALARM, detector='progress', score='1', threshold='0.5')
    robot.control(Mode.HOLD, Gate.MONITOR)
    robot.wait(3.2)  # longer than the post-roll: the alarm keeps the window open
    who = {'operator': 'ann', 'intervention': 'i1'}
    robot.say(EventName.INTERVENTION_STARTED, **who)
    robot.control(Mode.HUMAN, Gate.HUMAN, Phase.CORRECTION, **who)
    robot.wait(0.8)
    robot.say(EventName.INTERVENTION_ENDED, **who, reason='stuck', outcome='success')
    robot.control(Mode.HOLD, Gate.MONITOR)
    robot.wait(0.2)
    robot.control(Mode.POLICY)
    folder, label = robot.snippet()

    assert len(SnippetRoot(bench.folder).published()) == 1
    assert label.trigger == 'policy_alarm'
    assert [one.name for one in label.triggers] == ['policy_alarm', 'intervention_started']
    assert label.episode is not None and label.episode.id == 'e1'
    (intervention,) = label.interventions
    assert (intervention.operator, intervention.reason) == ('ann', 'stuck')
    assert [(s.mode, s.phase) for s in intervention.segments] == [
        ('policy', 'pre_intervention'), ('hold', 'pre_intervention'), ('human', 'correction'),
        ('hold', 'resume'), ('policy', 'resume')]
    assert not label.window.cut
    metrics = robot.recorder._shell.metrics
    human = intervention.segments[2]
    assert metrics.cell('recorder_usable_seconds_total').value == pytest.approx(
        (human.end_ns - human.start_ns) / SECOND)
    assert sum(metrics.cell('topic_latency_seconds', topic='joint_states').counts) > 1
    table = snippet_reader.ticks(folder)
    assert {(row.mode, row.operator) for row in table.rows} == {
        ('policy', ''), ('hold', ''), ('human', 'ann')}
    assert {row.executed for row in table.rows} == {(0.2,)}

    robot.say(EventName.INTERVENTION_JUDGED, intervention='i1', resumed_ok='true')
    robot.until(lambda: read_state(folder).judged == {'i1': True}, 'the judgement')
    assert read_label(folder) == label and broken(folder, label) == ''


def test_what_is_heard_late_leaves_nothing_outside_of_its_window(bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    robot.say(EventName.INTERVENTION_STARTED, late_s=1.2, operator='ann', intervention='i1')
    robot.wait(1.2)
    robot.say(EventName.INTERVENTION_ENDED, late_s=1.2, operator='ann', intervention='i1')
    folder, _ = robot.snippet()
    assert not list(verify(folder))

    robot.bench.probe.heard[topics.EVENTS.name].clear()
    robot.say(EventName.ESTOP_PRESSED, late_s=1.2)
    folder, _ = robot.snippet()
    assert not list(verify(folder))


def test_a_resume_that_is_heard_after_the_alarm_that_ended_it_ends_no_snippet(
        bench: Bench) -> None:
    robot = Robot(bench)
    robot.ready()
    robot.say(EventName.POLICY_ALARM)
    robot.until(lambda: robot.recorder._triggers.open, 'a window')
    robot.say(EventName.CONTROL_CHANGED, late_s=1.0, **{'from': 'hold', 'to': 'policy'})
    robot.wait(1.5)
    robot.say(EventName.INTERVENTION_STARTED, operator='ann', intervention='i1')
    robot.wait(0.1)
    robot.say(EventName.INTERVENTION_ENDED, operator='ann', intervention='i1')
    _, label = robot.snippet()
    assert [one.operator for one in label.interventions] == ['ann']


def test_publishers_that_offer_less_or_come_later_are_heard(bench: Bench) -> None:
    robot = Robot(bench)
    node = bench.probe.node
    qos = QoSProfile(depth=10)
    silent = distro.PublisherEventCallbacks(incompatible_qos=lambda _: None)
    reliable = node.create_publisher(String, 'mixed', qos, event_callbacks=silent)
    robot.until(lambda: reliable.get_subscription_count(), 'a subscription')
    best_effort = node.create_publisher(
        String, 'mixed', QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT),
        event_callbacks=silent)
    latched = node.create_publisher(
        String, 'mixed', QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
        event_callbacks=silent)
    latched.publish(String(data='state'))
    robot.until(lambda: best_effort.get_subscription_count(), 'a second subscription')
    robot.until(lambda: latched.get_subscription_count() == 2, 'a latched subscription')
    robot.wait(0.3)  # the first subscription is gone by now
    for number in range(3):
        reliable.publish(String(data=f'r{number}'))
        best_effort.publish(String(data=f'b{number}'))
        robot.wait(0.05)
    request(bench)
    folder, label = robot.snippet()

    texts = [one.decoded.data for one in read(folder, f'{bench.namespace}/mixed')]
    assert sorted(texts) == ['b0', 'b1', 'b2', 'r0', 'r1', 'r2', 'state']
    lost = label.topics[f'{bench.namespace}/mixed'].lost
    assert lost == (0 if distro.NAMES_PUBLISHERS else None), 'unknown is not 0'
    assert broken(folder, label) == ''


def test_losses_are_known_again_when_a_second_publisher_has_gone(bench: Bench) -> None:
    robot = Robot(bench)
    node, kind = bench.probe.node, message_class(topics.JOINT_STATES.type)
    second = node.create_publisher(kind, topics.JOINT_STATES.name, 1)
    robot.ready()
    node.destroy_publisher(second)
    robot.until(lambda: node.count_publishers(topics.JOINT_STATES.name) == 1, 'the end of one')
    robot.wait(1.5)  # longer than the pre-roll
    request(bench)
    _, label = robot.snippet()
    assert label.topics[robot.name(topics.JOINT_STATES)].lost == 0


def test_what_is_not_wanted_is_not_recorded(bench: Bench) -> None:
    robot = Robot(bench, exclude="['flywheel/metrics', 'joint_*']", include="['*', '/other/*']")
    elsewhere = bench.probe.node.create_publisher(String, '/other/place', 10)
    robot.until(lambda: elsewhere.get_subscription_count(), 'a subscription elsewhere')
    elsewhere.publish(String(data='x'))
    robot.wait(0.2)
    request(bench)
    _, label = robot.snippet()

    assert '/other/place' in label.topics
    assert robot.name(topics.JOINT_STATES) not in label.topics
    assert robot.name(topics.METRICS) not in label.topics
    assert robot.name(topics.EVENTS) in label.topics


def test_a_snippet_that_is_open_at_the_end_is_saved(bench: Bench) -> None:
    robot = Robot(bench, post_roll=60.0)
    robot.ready()
    request(bench)
    robot.until(lambda: robot.recorder._taking, 'an open snippet')
    robot.recorder.close()
    bench.running.pop()[0].close()

    (folder,) = SnippetRoot(bench.folder).published()
    label = read_label(folder)
    assert broken(folder, label) == ''
    assert label.window.cut


def test_a_disk_without_room_is_said_and_recording_goes_on(bench: Bench) -> None:
    robot = Robot(bench, min_free_bytes=2**40)
    robot.ready()
    robot.say(EventName.SNIPPET_REQUESTED, by='probe', reason='', name='')
    robot.until(lambda: robot._values(EventName.SNIPPET_FAILED, 'because'), 'snippet_failed')
    assert 'free' in robot._values(EventName.SNIPPET_FAILED, 'because')[0]
    before = len(robot.recorder._receiving.ring)
    robot.until(lambda: len(robot.recorder._receiving.ring) > before, 'more messages')
    assert not SnippetRoot(bench.folder).published()


@pytest.mark.parametrize(('params', 'said'), [
    ({'ring_seconds': 2.0, 'pre_roll': 5.0}, 'ring_seconds'),
    ({'max_duration': 5.0}, 'max_duration'),
    ({'recording': 'no_such_file'}, 'no_such_file'),
])
def test_settings_that_cannot_hold_are_refused(bench: Bench, params: dict[str, Any],
                                               said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        bench.start('snippet_recorder', SnippetRecorder, **params)
