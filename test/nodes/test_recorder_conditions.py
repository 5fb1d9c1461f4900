"""What is decoded of a topic that rules look at; the rest is in test_recorder_triggers.py."""

from rclpy.serialization import serialize_message
from sensor_msgs.msg import BatteryState

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.recording.conditions import Conditions
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.nodes.channel import Channel
from flywheel_nodes.nodes.recorder_conditions import ConditionWatch, Ear, MOST_WAITING
from flywheel_nodes.nodes.snippet_recorder import SnippetRecorder
from test.core.recording.rules import rule
from test.harness import Bench
from test.nodes.test_snippet_recorder import Robot

TOPIC = 'sensor_msgs/msg/BatteryState'
LOW = {'topic': 'battery_state', 'field': 'percentage', 'below': 0.2, 'check_rate': 10}


def record(at_ns: int, data: bytes = b'') -> Record:
    return Record(1, at_ns, at_ns, at_ns, 1, data)


def test_only_as_much_is_kept_as_rules_ask_for() -> None:
    ear = Ear('a', SECOND // 10)
    for n in range(100):
        ear.hear(record(n * SECOND // 100))
    assert [one.mono_ns * 100 // SECOND for one in ear.waiting] == list(range(0, 100, 10))


def test_what_waits_is_bounded() -> None:
    ear = Ear('a', 0)
    for n in range(2 * MOST_WAITING):
        ear.hear(record(n))
    assert len(ear.waiting) == MOST_WAITING


def test_other_topics_are_not_listened_to(bench: Bench) -> None:
    bench.start('snippet_recorder', SnippetRecorder, min_free_bytes=0)
    shell = bench.running[0][0]
    absolute = {**LOW, 'topic': f'{bench.namespace}/battery_state'}
    watch = ConditionWatch(shell, Conditions([rule(absolute)]))
    assert watch.listener(Channel(1, '/x/odom', 'odom', 'nav_msgs/msg/Odometry')) is None
    assert watch.listener(Channel(1, '/x/battery_state', 'battery_state', TOPIC)) is not None


def test_a_damaged_message_is_counted_and_the_next_one_looked_at(bench: Bench) -> None:
    robot = Robot(bench)
    shell = bench.running[0][0]
    watch = ConditionWatch(shell, Conditions([rule(LOW, name='low')]))
    hear = watch.listener(Channel(1, '/x/battery_state', 'battery_state', TOPIC))
    assert hear is not None
    hear(record(SECOND, b'\0\1'))
    hear(record(2 * SECOND, bytes(serialize_message(BatteryState(percentage=0.1)))))
    watch.step(Now(2 * SECOND, 2 * SECOND))
    robot.until(lambda: robot._values(EventName.CONDITION_MET, 'rule') == ['low'], 'condition')
    assert shell.metrics.cell('topic_messages_rejected_total', topic='battery_state',
                              node=shell.name).value == 1
