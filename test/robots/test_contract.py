"""What holds for every robot that ships: its file, its tables, and how it behaves on its bus."""

from collections.abc import Callable, Iterator
from contextlib import closing
import os
from pathlib import Path
from typing import Any

from geometry_msgs.msg import TwistStamped
import pytest
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.adapters import kinds
from flywheel_nodes.core import topics
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.robot import check_stop_bound, Robot
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.config_files import load_robot, robot_names, share_dir
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.nodes.adapter_commands import APPLIED
from flywheel_nodes.nodes.messages import message_class
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from flywheel_nodes.sim.fake_robot import FakeRobot
from test.harness import Bench

ROBOTS = [name for name in robot_names() if name != 'sim']
STATE = tuple(topic for topic in topics.TOPICS if topic.writer == 'robot_adapter'
              and not topic.name.startswith(('camera/', 'robot/')))
TOO_MUCH = 10.0


@pytest.fixture(params=ROBOTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def robot(name: str) -> Robot:
    return load_robot(name)


# --- files and tables ---------------------------------------------------------------------------

def test_its_names_agree(name: str, robot: Robot) -> None:
    assert robot.robot == name
    assert kinds.load(robot).name == robot.adapter
    root = share_dir()
    assert (root / 'flywheel_nodes' / 'sim' / 'fakes' / f'{robot.adapter}.py').is_file()
    pages = [root / 'docs' / 'robots' / f'{page}.md' for page in (name, robot.adapter)]
    page = next(page for page in pages if page.is_file())
    assert name in page.read_text(encoding='utf-8')


def test_it_says_what_our_words_mean_on_it(robot: Robot) -> None:
    assert all((robot.means.hold, robot.means.stop, robot.means.estop))


def test_it_stops_within_its_bound(robot: Robot) -> None:
    check_stop_bound(robot, ArbiterConfig().detection)


def test_every_neutral_output_is_provided_or_declared_absent(robot: Robot) -> None:
    adapter = kinds.load(robot)
    provided = {one.neutral for one in (*adapter.inputs, *adapter.states)}
    assert not provided & adapter.absent.keys()
    assert provided | adapter.absent.keys() == set(STATE)
    assert all(adapter.absent.values()), 'a reason for each'
    assert robot.has_estop == (topics.ESTOP in provided)


# --- on its bus ---------------------------------------------------------------------------------

class Rig:
    """The adapter of one robot on the bench, its fake, and an arbiter's commands."""

    def __init__(self, bench: Bench, name: str, domain: int) -> None:
        self.bench, self.name, self.robot = bench, name, load_robot(name)
        self.adapter = kinds.load(self.robot)
        own = {'native_domain': domain} if self.robot.native.domain >= 0 else {}
        self.where = {'robot': name, 'native_discovery': 'localhost', **own}
        bench.probe.listen(*STATE, topics.APPLIED_CMD_VEL, topics.APPLIED_JOINTS, topics.EVENTS)
        bench.start('robot_adapter', RobotAdapter, commander='probe', **self.where)
        self.metrics = bench.running[0][0].metrics
        self.neutral = self.adapter.commands[0].neutral

    def heard(self, topic: topics.Topic) -> list[Any]:
        return self.bench.probe.heard[topic.name]

    def owner(self) -> str:
        told = self.heard(topics.CONTROL_OWNER)
        return str(told[-1].data) if told else ''

    def quiet(self, topic: topics.Topic, steps: int = 400) -> Callable[[], bool]:
        """Return a condition: nothing new on a topic for so many steps, some seconds."""
        seen = [len(self.heard(topic))]

        def still() -> bool:
            now = len(self.heard(topic))
            if now != seen[-1]:
                seen.clear()
            seen.append(now)
            return len(seen) > steps
        return still

    def count(self, metric: str, **labels: str) -> float:
        return self.metrics.cell(metric, **labels).value

    def switch_on(self) -> FakeRobot:
        fake: FakeRobot = self.bench.start('fake_robot', FakeRobot, camera_rate=0.0, **self.where)
        if 'claim' in self.adapter.requests:
            self.bench.until(lambda: self.bench.call(
                Trigger, 'robot_adapter/claim', Trigger.Request()).success, 'the claim')
        self.bench.until(lambda: self.owner() == 'flywheel', 'the robot to take our commands')
        return fake

    def fault(self, fault: str, on: bool) -> None:
        assert self.bench.call(SetBool, f'fake_robot/{fault}', SetBool.Request(data=on)).success

    def command(self, share: float) -> Any:
        """Return a command of a share of the limits."""
        stamp = self.bench.probe.node.get_clock().now().to_msg()
        if self.neutral == topics.ROBOT_CMD_VEL:
            twist = TwistStamped()
            twist.header.stamp = stamp
            for axis in self.robot.base:
                part, field = {'vx': ('linear', 'x'), 'vy': ('linear', 'y'),
                               'wz': ('angular', 'z')}[axis.name]
                setattr(getattr(twist.twist, part), field, share * axis.velocity)
            return twist
        goal = [(j.lower + j.upper) / 2 + share * (j.upper - j.lower) / 2
                for j in self.robot.joints]
        trajectory = JointTrajectory(joint_names=[j.name for j in self.robot.joints], points=[
            JointTrajectoryPoint(positions=goal)])
        trajectory.points[0].time_from_start.nanosec = 40_000_000
        trajectory.header.stamp = stamp
        return trajectory

    def drive(self, share: float, until: Any, what: str) -> None:
        self.bench.until(until, what, each=lambda: self.bench.probe.publish(
            self.neutral, self.command(share)))


@pytest.fixture
def rig(bench: Bench, name: str, robot: Robot, vendor_messages: Path,
        monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    for variable, value in dds_profile.environment(robot, os.environ).items():
        monkeypatch.setenv(variable, value)
    with closing(Domain()) as domain:
        yield Rig(bench, name, domain.number)


def moving(fake: FakeRobot) -> bool:
    world = fake.world
    return max(map(abs, (world.vx, world.vy, world.wz, *world.speeds))) > 0.01


def test_it_lives_through_a_day(rig: Rig) -> None:
    # no command before the first state
    line = {'topic': rig.neutral.name}
    rig.drive(0.5, lambda: rig.count('robot_commands_refused_total', **line) > 5, 'refusals')
    assert rig.count('robot_commands_total', **line) == 0
    # everything it tells is told
    fake = rig.switch_on()
    provided = {one.neutral for one in (*rig.adapter.inputs, *rig.adapter.states)}
    for topic in provided:
        rig.bench.until(lambda topic=topic: rig.heard(topic), topic.name)
    assert not moving(fake)
    joints = {name for message in rig.heard(topics.JOINT_STATES) for name in message.name}
    assert {joint.name for joint in rig.robot.joints} <= joints
    # commands are kept within the limits of its file, and what was sent is told
    rig.drive(TOO_MUCH, lambda: moving(fake), 'motion')
    assert rig.count('robot_commands_clamped_total', **line) > 0
    told = APPLIED[rig.neutral]
    applied = rig.bench.until(lambda: rig.heard(told), told.name)
    assert all(within(message, rig.robot) for message in applied)
    # stale input stops it, though nobody asks
    rig.bench.until(lambda: not moving(fake), 'rest')
    assert rig.count('robot_safe_stops_total') >= 1 or not rig.adapter.commands[0].stop
    # somebody else drives it, and gives it back
    if topics.CONTROL_OWNER in provided:
        rig.fault('native_takeover', True)
        rig.bench.until(lambda: rig.owner() == 'native', 'the takeover')
        rig.fault('native_takeover', False)
    if rig.robot.has_estop:
        rig.fault('estop', True)
        rig.bench.until(lambda: rig.heard(topics.ESTOP)[-1].data, 'the emergency stop')


def within(message: Any, robot: Robot) -> bool:
    """Return whether a neutral command is within the limits of the robot's file."""
    if isinstance(message, TwistStamped):
        limits = {axis.name: axis.velocity for axis in robot.base}
        twist = message.twist
        found = {'vx': twist.linear.x, 'vy': twist.linear.y, 'wz': twist.angular.z}
        return all(abs(value) <= limits.get(axis, 0.0) + 1e-9 for axis, value in found.items())
    limits = {joint.name: joint for joint in robot.joints}
    return all(limits[name].lower <= q <= limits[name].upper for point in message.points
               for name, q in zip(message.joint_names, point.positions, strict=True))


def test_it_falls_silent_and_becomes_unknown(rig: Rig) -> None:
    rig.switch_on()
    shell, fake = rig.bench.running.pop()
    fake.close()
    shell.close()
    rig.bench.until(lambda: rig.owner() == 'unknown', 'the owner to be unknown')
    before = rig.count('robot_commands_total', topic=rig.neutral.name)
    line = {'topic': rig.neutral.name}
    refused = rig.count('robot_commands_refused_total', **line)
    rig.drive(0.5, lambda: rig.count('robot_commands_refused_total', **line) > refused + 5,
              'refusals')
    assert rig.count('robot_commands_total', **line) == before
    if rig.robot.has_estop:
        rig.bench.until(rig.quiet(topics.ESTOP), 'the emergency stop to fall silent')


def test_a_rival_on_its_command_topic_is_a_takeover(rig: Rig) -> None:
    fake = rig.switch_on()
    native = next((c.native for c in rig.adapter.commands
                   if c.native not in rig.adapter.shared), None)
    if native is None:
        pytest.skip('others of the robot itself publish there: seen by what they say')
    side = fake._kit.side
    rival = Node('joystick', context=side.node.context)
    rival.create_publisher(message_class(native.type), side.name(native.name), 1)
    rig.bench.until(lambda: rig.owner() == 'native', 'the rival to be seen')
    rival.destroy_node()
    rig.bench.until(lambda: rig.owner() == 'flywheel', 'its end to be seen')

