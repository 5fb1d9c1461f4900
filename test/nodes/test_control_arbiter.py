"""The arbiter over real DDS: it drives, it holds, it says why, and it is alone."""

from collections.abc import Callable
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Transform, Twist, TwistStamped
from nav_msgs.msg import Odometry
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from trajectory_msgs.msg import MultiDOFJointTrajectory, MultiDOFJointTrajectoryPoint

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.control import (
    Control,
    Gate,
    Mode,
    Request,
    Sight,
    TeleopCommand,
    Verdict,
)
from flywheel_nodes.core.driving.gates import SAYS
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from flywheel_nodes.nodes.messages import to_array, to_time
from test.harness import Bench
from test.up import LOAD

JOINTS = ['shoulder_pan', 'shoulder_lift', 'elbow', 'wrist_1', 'wrist_2', 'wrist_3', 'gripper']


class Robot:
    """A robot, a monitor and a policy that speak as long as the test steps."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.silent: set[str] = set()
        self.seq = 0
        self.sight = Sight.DIRECT
        self.again = time.monotonic() + 1.0
        self._last = 0.0
        bench.probe.listen(topics.ROBOT_CMD_VEL, topics.ROBOT_JOINTS, topics.CONTROL,
                           topics.TICKS, topics.EVENTS, topics.TELEOP_CMD_VEL)

    def speak(self) -> None:
        if time.monotonic() - self._last < 0.02:
            return
        self._last, stamp = time.monotonic(), time.time_ns()
        publish = self.bench.probe.publish
        if 'robot' not in self.silent:
            publish(topics.JOINT_STATES, JointState(name=JOINTS, position=[0.04] * 7))
            publish(topics.ESTOP, Bool(data=False))
        if 'monitor' not in self.silent:
            publish(topics.VERDICT, to_array([wire.verdict_to_status(Verdict(True))], stamp))
        if 'policy' not in self.silent:
            publish(topics.POLICY_BASE, chunk(stamp, 0.5))

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        return self.bench.until(condition, what, each=self.speak)

    def call(self, name: str) -> Any:
        client = self.bench.probe.client(
            Trigger, f'{self.bench.namespace}/control_arbiter/{name}')
        self.until(client.service_is_ready, name)
        future = client.call_async(Trigger.Request())
        self.until(future.done, name)
        return future.result()

    def resume(self) -> None:
        self.until(lambda: self.call('resume').success, 'a resume that is accepted')

    def drives(self, speed: float = 0.3) -> None:
        """Have the policy drive, again after a stall: nothing returns to it by itself."""
        mode = self.bench.running[0][0].metrics.cell('mode', mode='policy')

        def fast() -> bool:
            if not mode.value:
                self.call('resume')
            return mode.value == 1.0 and self.speed() > speed
        self.until(fast, 'the policy to drive')

    def command(self, request: Request, **rest: Any) -> None:
        self.seq += 1
        command = TeleopCommand(request, 'ada', 'L1', 5, self.seq, t_client_ns=time.monotonic_ns(),
                                sight=self.sight, **rest)
        self.bench.probe.publish(topics.TELEOP_COMMAND, to_array(
            [wire.command_to_status(command)], time.time_ns()))

    def drive(self, vx: float, **rest: Any) -> None:
        """Drive as a person would: who is held presses again, after neutral sticks."""
        self.speak()
        if self.is_in(Mode.HOLD)() and time.monotonic() > self.again:
            self.again = time.monotonic() + 1.0
            self.command(Request.DRIVE, deadman=False, axes=(('vx', 0.0),))
        self.command(Request.DRIVE, deadman=True, axes=(('vx', vx),), **rest)

    @property
    def control(self) -> Control | None:
        heard = self.bench.probe.heard['flywheel/control']
        return wire.control_from_status(heard[-1].status[0]) if heard else None

    def is_in(self, mode: Mode) -> Callable[[], bool]:
        return lambda: self.control is not None and self.control.mode is mode

    def speed(self) -> float:
        heard = self.bench.probe.heard['robot/cmd_vel']
        return float(heard[-1].twist.linear.x) if heard else 0.0

    def events(self) -> list[EventName]:
        return [event.name for event in self.told()]

    def told(self, *names: EventName) -> list[Event]:
        found = (wire.event_from_status(m.status[0])
                 for m in self.bench.probe.heard['flywheel/events'])
        return [event for event in found if not names or event.name in names]


def chunk(stamp: int, vx: float) -> MultiDOFJointTrajectory:
    message = MultiDOFJointTrajectory(joint_names=['base'])
    message.header.stamp = to_time(stamp)
    for i in range(16):
        twist = Twist()
        twist.linear.x = vx
        point = MultiDOFJointTrajectoryPoint(transforms=[Transform()], velocities=[twist])
        point.time_from_start.nanosec = i * 60_000_000
        message.points.append(point)
    return message


@pytest.fixture
def robot(bench: Bench) -> Robot:
    bench.start('control_arbiter', ControlArbiter, relay='probe', monitor='probe', judge_time=1.0)
    return Robot(bench)


def test_one_turn(robot: Robot) -> None:
    robot.until(robot.is_in(Mode.HOLD), 'HOLD at start')
    robot.drives(0.45)
    heard = robot.bench.probe.heard
    joints = heard['robot/joint_trajectory'][-1]
    assert joints.joint_names == JOINTS
    assert joints.points[0].positions == pytest.approx([0.04] * 7)
    axes, rows = wire.ticks_from_table(heard['flywheel/ticks'][-1])
    assert axes[:2] == ('vx', 'wz')
    assert rows[-1].proposed[0] == pytest.approx(0.5)

    robot.command(Request.IDLE)
    robot.until(robot.is_in(Mode.HOLD), 'HOLD when the operator claims')
    robot.until(lambda: robot.speed() == 0.0, 'rest')

    robot.bench.until(lambda: robot.speed() < -0.35 and robot.is_in(Mode.HUMAN)(),
                      'the human to drive', each=lambda: robot.drive(-0.5))
    assert robot.control and robot.control.operator == 'ada'
    assert heard['teleop/cmd_vel'][-1].twist.linear.x == pytest.approx(-0.4)

    robot.command(Request.RELEASE, reason='stuck', outcome='success')
    robot.until(lambda: EventName.INTERVENTION_ENDED in robot.events(), 'the end')
    robot.drives(0.45)
    shell = robot.bench.running[0][0]
    assert shell.metrics.cell('interventions_total', reason='stuck').value == 1
    assert shell.metrics.cell('mode_seconds_total', mode='human').value > 0
    delays = shell.metrics.cell('teleop_command_delay_seconds')
    assert 0 < sum(delays.counts) <= shell.metrics.cell('teleop_commands_total').value
    robot.until(lambda: EventName.INTERVENTION_JUDGED in robot.events(), 'the judgement')
    judged = robot.told(EventName.INTERVENTION_JUDGED)[0].values
    # A stall while it is being judged leaves it unknown, rightly.
    assert judged['resumed_ok'] == 'true' or judged['because'] in map(SAYS.get, LOAD)
    assert shell.metrics.cell('interventions_judged_total',
                              resumed_ok=judged['resumed_ok']).value == 1


def test_each_tick_of_a_robot_at_rest_is_told_once_in_order(robot: Robot) -> None:
    robot.until(robot.is_in(Mode.HOLD), 'HOLD at start')
    told, arbiter = robot.bench.probe.heard['flywheel/ticks'], robot.bench.running[0][1]
    taken: list[int] = []

    def note() -> None:
        robot.speak()
        taken.append(arbiter.now.wall)
    messages = len(told)
    robot.bench.until(lambda: len(told) > messages + 10, 'several messages', each=note)
    stamps = [row.stamp_ns for message in told for row in wire.ticks_from_table(message)[1]]
    assert [stamp for stamp in stamps if stamp >= taken[0]] == [
        stamp for stamp in taken if stamp <= stamps[-1]]
    assert len(taken) > 20, 'several at a time'


def test_frozen_video_slows_the_human_down_then_stops_him_and_is_counted(robot: Robot) -> None:
    robot.sight = Sight.VIDEO
    robot.command(Request.IDLE)
    robot.until(lambda: robot.control and robot.control.epoch, 'the takeover')
    heard, frame = robot.bench.probe.heard['flywheel/ticks'], time.monotonic_ns()

    def live() -> None:
        nonlocal frame
        frame = time.monotonic_ns()
        robot.drive(1.0, seen_ns=frame)

    def frozen() -> None:
        robot.speak()
        robot.command(Request.DRIVE, deadman=True, axes=(('vx', 1.0),), seen_ns=frame)
    robot.bench.until(lambda: robot.speed() > 0.7, 'full speed', each=live)
    robot.bench.until(lambda: robot.control and robot.control.gate is Gate.VIDEO_LATE,
                      'the video to be too old', each=frozen)
    robot.bench.until(lambda: robot.speed() == 0.0, 'rest', each=frozen)
    rows = [row for message in heard for row in wire.ticks_from_table(message)[1]]
    assert min(row.cap for row in rows) < 1.0
    metrics = robot.bench.running[0][0].metrics
    assert metrics.cell('teleop_commands_rejected_total', reason='video_late').value > 0
    assert metrics.cell('ticks_limited_total', limit='video_age').value > 0


@pytest.mark.parametrize('source', ['robot', 'monitor'])
def test_silence_holds_and_stays_at_zero(robot: Robot, source: str) -> None:
    robot.drives()
    robot.silent.add(source)
    robot.until(lambda: robot.is_in(Mode.HOLD)() and robot.speed() == 0.0, 'rest')
    count = len(robot.bench.probe.heard['robot/cmd_vel'])
    robot.until(lambda: len(robot.bench.probe.heard['robot/cmd_vel']) > count + 20,
                'zeros from the timer')
    assert robot.speed() == 0.0


def test_after_a_pause_it_holds_and_counts_the_pause_for_who_drove(robot: Robot) -> None:
    metrics = robot.bench.running[0][0].metrics
    held = metrics.cell('mode_seconds_total', mode='hold')
    robot.drives()
    before = held.value
    time.sleep(0.5)  # what must pass is time itself
    robot.bench.step()
    assert metrics.cell('mode', mode='hold').value == 1.0
    assert held.value == before
    robot.until(robot.is_in(Mode.HOLD), 'HOLD')
    assert robot.control is not None and robot.control.gate is Gate.PAUSED
    robot.until(lambda: robot.speed() == 0.0, 'rest')  # the two topics come in any order


def test_odom_alone_does_not_speak_for_the_joints(robot: Robot) -> None:
    robot.resume()
    robot.silent.add('robot')

    def speak() -> None:
        robot.speak()
        robot.bench.probe.publish(topics.ODOM, Odometry())
        robot.bench.probe.publish(topics.ESTOP, Bool(data=False))
    robot.bench.until(lambda: robot.call('resume').message == SAYS[Gate.ROBOT_SILENT],
                      'a refusal though odom goes on', each=speak)
    robot.bench.until(robot.is_in(Mode.HOLD), 'HOLD', each=speak)


def test_a_press_of_the_estop_stops_though_its_release_came_with_it(robot: Robot) -> None:
    robot.resume()
    robot.silent.add('robot')
    for pressed in (True, False):
        robot.bench.probe.publish(topics.ESTOP, Bool(data=pressed))
    robot.until(robot.is_in(Mode.STOPPED), 'STOPPED')


def test_a_policy_that_falls_silent_leaves_nothing_moving(robot: Robot) -> None:
    robot.drives()
    robot.silent.add('policy')
    robot.until(lambda: robot.speed() == 0.0, 'rest when the chunk is used up')


def test_a_rival_is_seen_in_the_graph(robot: Robot) -> None:
    robot.resume()
    rival = robot.bench.probe.node.create_publisher(
        TwistStamped, f'{robot.bench.namespace}/robot/cmd_vel', 1)
    robot.until(robot.is_in(Mode.HOLD), 'HOLD for a rival')
    robot.until(lambda: EventName.COMPETING_PUBLISHER in robot.events(), 'the alarm')
    assert 'somebody else' in robot.call('resume').message
    robot.bench.probe.node.destroy_publisher(rival)
    robot.resume()


def test_stop_needs_two_resumes(robot: Robot) -> None:
    robot.resume()
    assert robot.call('stop').success
    robot.until(robot.is_in(Mode.STOPPED), 'STOPPED')
    assert 'holds' in robot.call('resume').message
    robot.until(robot.is_in(Mode.HOLD), 'HOLD')


def test_junk_is_dropped_and_counted(robot: Robot) -> None:
    metrics = robot.bench.running[0][0].metrics
    robot.until(robot.is_in(Mode.HOLD), 'start')
    for topic, junk in ((topics.TELEOP_COMMAND, DiagnosticArray()),
                        (topics.POLICY_BASE, chunk(time.time_ns(), float('nan')))):
        publisher = robot.bench.probe.publisher(topic)
        robot.until(publisher.get_subscription_count, 'a match')
        robot.bench.probe.publish(topic, junk)
    for topic in ('teleop/command', 'policy/multi_dof_trajectory'):
        rejected = metrics.cell('topic_messages_rejected_total', topic=topic,
                                node='control_arbiter')
        robot.until(lambda c=rejected: c.value >= 1, f'{topic} to be rejected')


def test_limits_that_cannot_stop_in_time_are_refused(bench: Bench) -> None:
    with pytest.raises(ConfigError, match='stops after'):
        bench.start('control_arbiter', ControlArbiter, state_timeout=1.9)
