"""Who pretends to be the relay or the arbiter is seen, held against and never obeyed."""

from collections.abc import Callable, Iterator
import time
from typing import Any

from geometry_msgs.msg import TwistStamped
import pytest
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState

from flywheel_nodes.adapters import sim as native
from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode, Request, TeleopCommand, Verdict
from flywheel_nodes.core.events import EventName
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from flywheel_nodes.nodes.doctor_rivals import Viewer
from flywheel_nodes.nodes.graph import Rivals, RivalTour
from flywheel_nodes.nodes.messages import message_class, to_array, to_qos
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from test.harness import Bench
from test.nodes.test_control_arbiter import Robot

Impostors = Callable[[str, topics.Topic], Callable[[Any], None]]


@pytest.fixture
def robot(bench: Bench) -> Robot:
    bench.start('control_arbiter', ControlArbiter, relay='probe', monitor='probe',
                graph_period=0.3)
    made = Robot(bench)
    made.until(made.is_in(Mode.HOLD), 'HOLD at start')
    return made


@pytest.fixture
def impostor(bench: Bench) -> Iterator[Impostors]:
    """Give a maker of nodes of any name that publish what is not theirs, once they are known."""
    nodes: list[Node] = []

    def make(name: str, topic: topics.Topic) -> Callable[[Any], None]:
        nodes.append(rclpy.create_node(name, namespace=bench.namespace))
        made = nodes[-1].create_publisher(message_class(topic.type), topic.name, to_qos(topic.qos))
        bench.until(made.get_subscription_count, 'a match')
        return made.publish
    yield make
    for node in nodes:
        node.destroy_node()


def command(request: Request, epoch: int, seq: int) -> Any:
    one = TeleopCommand(request, 'eve', f'L{epoch}', epoch, seq, deadman=True,
                        t_client_ns=time.monotonic_ns(), axes=(('vx', 1.0),))
    return to_array([wire.command_to_status(one)], time.time_ns())


def refused(robot: Robot) -> Any:
    return robot.bench.running[0][0].metrics.cell('teleop_commands_rejected_total',
                                                  reason='stranger')


def rivals(robot: Robot) -> list[str]:
    events = [wire.event_from_status(m.status[0])
              for m in robot.bench.probe.heard['flywheel/events']]
    return [e.values['nodes'] for e in events if e.name is EventName.COMPETING_PUBLISHER]


def test_a_tour_comes_by_each_guarded_topic_once_in_a_period(bench: Bench) -> None:
    viewer = Viewer(bench.probe.node, bench.namespace, bench.folder)
    guarded = {topics.ROBOT_CMD_VEL: 'control_arbiter', topics.TELEOP_COMMAND: 'teleop_relay'}
    tour = RivalTour(Rivals(viewer, guarded), 2.0)
    seen = [name for tenth in range(10, 30) for name, _ in tour.look(tenth * SECOND // 10)]
    assert sorted(seen) == sorted(f'{bench.namespace}/{topic.name}' for topic in guarded)
    nowhere = RivalTour(Rivals(viewer, {}), 2.0)
    assert [*nowhere.look(SECOND)] == []


def test_commands_of_a_stranger_drive_nobody_and_hold_everybody(robot: Robot,
                                                               impostor: Impostors) -> None:
    robot.drives()
    send, seq = impostor('stranger', topics.TELEOP_COMMAND), iter(range(1, 100_000))

    def intrude() -> None:
        robot.speak()
        send(command(Request.IDLE if next(seq) % 5 == 0 else Request.DRIVE, 9, next(seq)))
    robot.bench.until(lambda: robot.is_in(Mode.HOLD)() and robot.speed() == 0.0, 'rest',
                      each=intrude)
    robot.bench.until(lambda: refused(robot).value > 20, 'refusals to be counted', each=intrude)
    assert robot.control and robot.control.epoch == 0
    assert rivals(robot) == [f'{robot.bench.namespace}/stranger'], 'told once, by name'
    assert 'somebody else' in robot.call('resume').message


def test_a_stop_is_taken_from_a_stranger_too(robot: Robot, impostor: Impostors) -> None:
    send = impostor('stranger', topics.TELEOP_COMMAND)
    robot.bench.until(robot.is_in(Mode.STOPPED), 'STOPPED',
                      each=lambda: send(command(Request.STOP, 0, 0)))


def test_a_second_relay_is_a_rival_and_does_not_get_a_word_in(robot: Robot,
                                                             impostor: Impostors) -> None:
    robot.command(Request.IDLE)
    robot.until(lambda: robot.control and robot.control.epoch == 5, 'the lease')
    send, seq = impostor('probe', topics.TELEOP_COMMAND), iter(range(1, 100_000))

    def both() -> None:
        robot.speak()
        robot.command(Request.IDLE)
        send(command(Request.IDLE, 77, next(seq)))
    robot.bench.until(lambda: rivals(robot), 'the alarm', each=both)
    assert rivals(robot) == [f'{robot.bench.namespace}/probe']
    assert robot.control is not None
    if distro.NAMES_PUBLISHERS:
        assert robot.control.epoch == 5, 'who speaks keeps the floor'
    before = robot.bench.probe.heard['robot/cmd_vel'][-1]
    robot.bench.until(lambda: robot.bench.probe.heard['robot/cmd_vel'][-1] is not before,
                      'the next command', each=both)
    assert robot.speed() == 0.0


@pytest.mark.parametrize('ok', [True, False])
def test_a_stranger_may_hold_the_policy_and_not_let_it_drive(robot: Robot, impostor: Impostors,
                                                             ok: bool) -> None:
    robot.drives()
    send = impostor('stranger', topics.VERDICT)
    if ok:
        robot.silent.add('monitor')

    def say() -> None:
        robot.speak()
        send(to_array([wire.verdict_to_status(Verdict(ok))], time.time_ns()))
    robot.bench.until(lambda: robot.is_in(Mode.HOLD)() and robot.speed() == 0.0, 'rest', each=say)
    rejected = robot.bench.running[0][0].metrics.cell(
        'topic_messages_rejected_total', topic=topics.VERDICT.name, node='control_arbiter')
    assert (rejected.value > 0) is ok or not distro.NAMES_PUBLISHERS


def test_a_second_arbiter_is_a_rival(robot: Robot, impostor: Impostors) -> None:
    robot.resume()
    impostor('control_arbiter', topics.ROBOT_CMD_VEL)
    robot.until(lambda: rivals(robot) == [f'{robot.bench.namespace}/control_arbiter'], 'the alarm')
    robot.until(robot.is_in(Mode.HOLD), 'HOLD')
    assert 'somebody else' in robot.call('resume').message


@pytest.mark.skipif(not distro.NAMES_PUBLISHERS, reason='messages do not name their publisher')
def test_while_the_arbiter_speaks_nobody_of_its_name_reaches_the_robot(
        bench: Bench, impostor: Impostors) -> None:
    bench.probe.listen(native.CMD_VEL)
    bench.start('robot_adapter', RobotAdapter, commander='probe', command_timeout=0.5)
    foreign = bench.running[0][0].metrics.cell(
        'robot_commands_foreign_total', topic=topics.ROBOT_CMD_VEL.name)

    def drive() -> None:
        bench.probe.publish(native.JOINT_STATES, JointState())  # a robot that is there
        bench.probe.publish(topics.ROBOT_CMD_VEL, TwistStamped())
    heard = bench.probe.heard[native.CMD_VEL.name]
    bench.until(lambda: heard, 'the arbiter to be passed on', each=drive)
    send, evil = impostor('probe', topics.ROBOT_CMD_VEL), TwistStamped()
    evil.twist.linear.x = 0.5

    def both() -> None:
        drive()
        send(evil)
    before = foreign.value
    bench.until(lambda: foreign.value >= before + 20, 'refusals', each=both)
    assert not any(m.twist.linear.x for m in heard)
