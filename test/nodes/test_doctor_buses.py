"""Robots with something wrong, as the doctor hears them over real DDS."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
import time
from typing import Any

from geometry_msgs.msg import TwistStamped
import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState

from flywheel_nodes.adapters import clearpath, kinds
from flywheel_nodes.adapters.base import Route
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.doctor.finding import Finding, Level
from flywheel_nodes.core.robot import Native
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.nodes.adapter_checks import missing_messages
from flywheel_nodes.nodes.doctor_buses import Buses, Listener, Wanted, where
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from test.harness import Bench
from test.robots.standard_rig import Rig

SLOW = {'joint_states': 0.1, 'odom': 0.1}
FAST = {'joint_states': 9000.0, 'odom': 0.1}


class Doctor:
    """Listens to a Jackal; what a test changes in its file holds for the doctor alone."""

    def __init__(self, bench: Bench, rig: Rig) -> None:
        self._bench, self._rig = bench, rig
        self.listener = Listener(bench.namespace)
        self.buses: Any = None

    def visit(self, native: Native = Native(), ours: bool = False,  # noqa: B008
              **changed: Any) -> 'Doctor':
        robot = load_robot(self._rig.file(**{'rates': SLOW, **changed}))
        self.buses = Buses(self.listener, Wanted(robot, kinds.load(robot), native, ours))
        return self

    def step(self) -> None:
        self.buses.step(clocks.now())

    def found(self, *words: str) -> Finding | None:
        return next((one for one in self.buses.findings() if all(
            word in f'{one.level} {one.check} {one.sentence}' for word in words)), None)

    def until(self, *words: str) -> Finding:
        found = self._bench.until(lambda: self.found(*words), f'a finding: {words}',
                                  each=self.step)
        assert isinstance(found, Finding)
        return found

    def close(self) -> None:
        if self.buses:
            self.buses.close()
        self.listener.close()


@pytest.fixture
def rig(bench: Bench) -> Rig:
    return Rig(bench, 'clearpath_jackal')


@pytest.fixture
def doctor(bench: Bench, rig: Rig) -> Iterator[Doctor]:
    made = Doctor(bench, rig)
    yield made
    made.close()


@pytest.fixture
def stranger(bench: Bench) -> Iterator[Node]:
    node = rclpy.create_node('navigator', namespace=bench.namespace)
    yield node
    node.destroy_node()


def test_a_robot_that_is_well(rig: Rig, doctor: Doctor) -> None:
    rig.start_fake()
    doctor.visit()
    for topic in (clearpath.JOINT_STATES, clearpath.ODOM['filtered']):
        assert doctor.until(f'{topic.name}: ', ' Hz').level is Level.OK
    doctor.until('rc_teleop/cmd_vel: nobody publishes it; it comes when')
    assert not [one for one in doctor.buses.findings() if one.level is Level.WRONG]


def test_the_doctor_publishes_nothing(rig: Rig, doctor: Doctor, bench: Bench) -> None:
    rig.start_fake()
    doctor.visit().until('platform/joint_states: ')
    bench.until(lambda: 'doctor' in bench.probe.node.get_node_names(), 'the doctor in the graph')
    said = bench.probe.node.get_publisher_names_and_types_by_node('doctor', bench.namespace)
    assert {name for name, _ in said} <= {'/parameter_events'}  # which each node of rclpy has


def test_a_robot_that_is_not_there_is_one_line(doctor: Doctor) -> None:
    doctor.visit()
    (found,) = doctor.buses.findings()
    assert found.level is Level.WRONG and 'nobody publishes any of its' in found.sentence


@pytest.mark.parametrize(('robots', 'ours'), [('plain', 'stamped'), ('stamped', 'plain')])
def test_the_other_type_of_command(rig: Rig, doctor: Doctor, robots: str, ours: str) -> None:
    rig.start_fake(options={'command': robots})
    found = doctor.visit(options={'command': ours}).until('cmd_vel, not geometry_msgs/msg/Twist')
    assert found.level is Level.WRONG
    assert found.remedy == f'set options: {{command: {robots}}} in the robot file'


def test_qos_that_does_not_fit(rig: Rig, doctor: Doctor, stranger: Node) -> None:
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    stranger.create_subscription(TwistStamped, 'cmd_vel', lambda _: None, qos)
    rig.start_fake()
    found = doctor.visit().until('cannot connect on')
    assert found.level is Level.WRONG and 'correct its QoS' in found.remedy


def test_a_second_commander(rig: Rig, doctor: Doctor, stranger: Node) -> None:
    stranger.create_publisher(TwistStamped, 'cmd_vel', 1)
    rig.start_fake()
    found = doctor.visit().until('navigator commands the robot too')
    assert found.level is Level.WRONG and found.check == 'robot'


def test_our_own_adapter_is_no_second_commander(rig: Rig, doctor: Doctor, bench: Bench) -> None:
    rig.start_fake().start_adapter()
    doctor.visit()
    rig.owner('flywheel')
    doctor.until('platform/joint_states: ')
    assert doctor.found('commands the robot too') is None


def test_a_topic_that_is_too_slow(rig: Rig, doctor: Doctor) -> None:
    rig.start_fake()
    found = doctor.visit(rates=FAST).until('Hz, 9000 Hz are expected')
    assert found.level is Level.WRONG and 'platform/joint_states' in found.sentence


def test_a_driver_that_says_nothing(rig: Rig, doctor: Doctor) -> None:
    rig.start_fake()
    rig.fault('silent', True)
    doctor.visit(rates={'joint_states': 50.0})
    doctor.until('wrong', 'platform/joint_states: its publisher said nothing')


def test_a_driver_without_one_of_its_topics(
        rig: Rig, doctor: Doctor, stranger: Node) -> None:
    stranger.create_publisher(JointState, 'platform/joint_states', 1)
    found = doctor.visit().until('odom/filtered: nobody publishes it')
    assert found.level is Level.WRONG, 'nothing is commanded without it'
    assert doctor.until('bms/state: nobody publishes it').level is Level.WARN


def test_a_clock_that_disagrees_unless_time_is_simulated(
        doctor: Doctor, stranger: Node, bench: Bench) -> None:
    out = stranger.create_publisher(JointState, 'platform/joint_states', 1)
    doctor.visit()

    def late() -> None:
        message = JointState()
        message.header.stamp = to_time(time.time_ns() - 9 * SECOND)
        out.publish(message)
        doctor.step()
    bench.until(lambda: doctor.found('+9.0'), 'the offset', each=late)
    simulated = stranger.create_publisher(Clock, '/clock', 1)
    bench.until(lambda: not doctor.found('after its stamp'), 'silence about it', each=late)
    stranger.destroy_publisher(simulated)


def test_our_own_topics_are_heard_too(rig: Rig, doctor: Doctor) -> None:
    rig.start_fake().start_adapter()
    doctor.visit(ours=True)
    assert doctor.until('our topic joint_states: ', ' Hz').level is Level.OK
    assert doctor.until('our topic odom: ', ' Hz').level is Level.OK


def test_a_bus_of_its_own_is_joined(bench: Bench) -> None:
    with closing(Domain()) as domain:
        rig = Rig(bench, 'clearpath_jackal')
        rig.bench.start('robot_adapter', RobotAdapter, robot='clearpath_jackal',
                        native_domain=domain.number, native_discovery='localhost')
        doctor = Doctor(bench, rig)
        asked = where(doctor.listener)
        assert asked and (asked.native_domain, asked.native_discovery) == (
            domain.number, 'localhost')
        doctor.visit(Native(domain=domain.number, discovery='localhost'))
        assert f"domain {domain.number}, the robot's own" in doctor.until('domain').sentence
        doctor.close()


def test_an_adapter_that_does_not_answer(bench: Bench) -> None:
    with closing(Listener(bench.namespace)) as listener:
        assert where(listener) is None


def test_a_package_that_is_missing_is_told_once_with_how_to_get_it() -> None:
    strange = [Topic(name, f'nowhere_msgs/msg/{name}', topics.Qos(), 'the robot', '')
               for name in ('One', 'Two')]
    sim = kinds.load(load_robot('sim'))
    adapter = replace(sim, packages={'nowhere_msgs': 'build it'},
                      inputs=(*sim.inputs, *(Route(one, topics.IMU) for one in strange)))
    (error,) = missing_messages(adapter)
    assert str(error) == 'message type nowhere_msgs/msg/One is not installed: build it'
    assert not list(missing_messages(sim))
