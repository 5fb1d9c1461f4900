"""Diagnostics and logs of real nodes, as Prometheus reads them."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import pytest
from rcl_interfaces.msg import Log
import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile

from flywheel_nodes.core import topics
from flywheel_nodes.core.health.diagnostics import MOST
from test.harness import Bench
from test.nodes.test_health_exporter import Rig

LATCHED = QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LOGGED, LEVEL = 'flywheel_log_messages_total', 'flywheel_diagnostic_level'


@pytest.fixture
def rig(bench: Bench) -> Rig:
    """Give a running exporter that hears the probe."""
    made = Rig(bench, log_nodes='["probe"]')
    hear(made, topics.DIAGNOSTICS)
    return made


def hear(rig: Rig, topic: topics.Topic) -> None:
    rig.bench.until(rig.bench.probe.publisher(topic).get_subscription_count, 'a match')


def diagnosed(rig: Rig, *told: tuple[str, int]) -> None:
    rig.bench.probe.publish(topics.DIAGNOSTICS, DiagnosticArray(status=[
        DiagnosticStatus(name=name, level=bytes([level])) for name, level in told]))


def test_the_newest_level_of_each_component_is_told(rig: Rig) -> None:
    diagnosed(rig, ('left wheel: motor', 2), ('battery', 1))
    rig.until(2.0, LEVEL, component='left wheel: motor')
    diagnosed(rig, ('left wheel: motor', 0))
    rig.until(0.0, LEVEL, component='left wheel: motor')
    assert rig.sample(LEVEL, component='battery') == 1.0


def test_a_flood_of_components_is_bounded_counted_and_named(
        rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    diagnosed(rig, *((f'{"x" * 300}{i}', 0) for i in range(3)))
    diagnosed(rig, *((f'component {i}', 0) for i in range(2 * MOST)))
    rig.until(MOST + 1, 'flywheel_exporter_series_dropped_total')
    said = [line for line in capfd.readouterr().err.splitlines() if 'series of' in line]
    assert len(said) == 1, 'the first in a minute'
    assert f"{MOST + 1} series of /diagnostics refused: 'component {MOST - 1}' is one more than " \
        f'the {MOST} components that are kept' in said[0]
    told = [dict(labels)['component'] for name, labels in rig.samples() if name == LEVEL]
    assert len(told) == MOST and max(map(len, told)) <= 100


def test_logs_of_a_real_node_are_counted_by_level(rig: Rig) -> None:
    hear(rig, topics.ROSOUT)  # so that all publishers of it have been discovered, as good as
    before = {level: rig.sample(LOGGED, node='probe', level=level) for level in ('warn', 'error')}
    assert before == {'warn': 0.0, 'error': 0.0}, 'it begins at nothing'
    logger = rig.bench.probe.node.get_logger()

    def log() -> None:
        logger.warning('careful')
    rig.bench.until(lambda: (rig.sample(LOGGED, node='probe', level='warn') or 0) >= 3, 'three',
                    each=log)
    assert rig.sample(LOGGED, node='probe', level='error') == 0.0


def test_who_is_not_of_this_robot_is_one_of_others(rig: Rig) -> None:
    hear(rig, topics.ROSOUT)
    for i in range(30):
        rig.bench.probe.publish(topics.ROSOUT, Log(level=40, name=f'who.{i}'))
    rig.until(30.0, LOGGED, node='other', level='error')
    assert not [labels for name, labels in rig.samples()
                if name == LOGGED and 'who' in dict(labels)['node']]


def test_what_was_logged_before_is_not_counted(bench: Bench) -> None:
    early = rclpy.create_node('early', namespace=bench.namespace)
    publisher = early.create_publisher(Log, '/rosout', LATCHED)
    for _ in range(20):
        publisher.publish(Log(level=50, name='early'))
    rig = Rig(bench)
    rig.bench.until(publisher.get_subscription_count, 'a match')
    publisher.publish(Log(level=50, name='early'))
    rig.bench.until(lambda: rig.sample(LOGGED, node='other', level='fatal'), 'the new one')
    assert rig.sample(LOGGED, node='other', level='fatal') == 1.0
    early.destroy_node()


def test_rubbish_on_rosout_is_counted_as_such(rig: Rig) -> None:
    publisher = rig.bench.probe.publisher(topics.ROSOUT)
    hear(rig, topics.ROSOUT)
    publisher.publish(b'\0\1\0\0' + bytes(8))
    rig.until(1.0, 'flywheel_topic_messages_rejected_total', topic='/rosout',
              node='health_exporter')
