import math
from typing import Any

from nav_msgs.msg import Odometry
import pytest
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Control, Gate, Mode
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.driving.chunks import base_chunk, check, Chunk, joint_chunk
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.nodes.messages import to_array, to_ns
from flywheel_nodes.sim.policies import Parameters
from flywheel_nodes.sim.policy import PolicyNode
from test.harness import Bench


class Rig:
    """The policy on the bench; the probe is a robot that stands at the start."""

    def __init__(self, bench: Bench, robot: Robot) -> None:
        self.bench = bench
        self.robot = robot
        self.base, self.joints = axes(robot)[:2], axes(robot)[2:]
        bench.probe.listen(topics.POLICY_BASE, topics.POLICY_JOINTS, topics.POLICY_INFO,
                           topics.EVENTS)
        bench.start('policy', PolicyNode, policy_rate=20.0)
        self.stamps: list[int] = []

    def observe(self) -> None:
        stamp = self.bench.probe.node.get_clock().now()
        specs = self.robot.joints[::-1]  # drivers give them in an order of their own
        joints = JointState(name=[joint.name for joint in specs],
                            position=[(joint.lower + joint.upper) / 2 for joint in specs])
        odom = Odometry()
        odom.header.stamp = joints.header.stamp = stamp.to_msg()
        odom.pose.pose.orientation.w = 1.0
        self.stamps.append(stamp.nanoseconds)
        self.bench.probe.publish(topics.ODOM, odom)
        self.bench.probe.publish(topics.JOINT_STATES, joints)

    def heard(self, topic: topics.Topic) -> list[Any]:
        return self.bench.probe.heard[topic.name]

    def chunks(self, n: int) -> list[tuple[Chunk, Chunk]]:
        """Return the next pairs of chunks, decoded as the arbiter does."""
        start = len(self.heard(topics.POLICY_JOINTS))
        self.bench.until(lambda: len(self.heard(topics.POLICY_JOINTS)) >= start + n
                         and len(self.heard(topics.POLICY_BASE)) >= start + n, 'chunks',
                         each=self.observe)
        pairs = zip(self.heard(topics.POLICY_BASE), self.heard(topics.POLICY_JOINTS),
                    strict=False)
        return [(base_chunk(base, self.base), joint_chunk(joints, self.joints))
                for base, joints in list(pairs)[start:start + n]]

    def ask(self, failure: str, on: bool = True) -> None:
        answer = self.bench.call(SetBool, f'policy/fault_{failure}', SetBool.Request(data=on))
        assert answer.success

    def drives(self, mode: Mode) -> None:
        report = wire.control_to_status(Control(mode, Gate.NONE, ''))
        self.bench.probe.publish(topics.CONTROL, to_array([report], 0))

    def events(self, name: EventName) -> list[Event]:
        found = (wire.event_from_status(m.status[0]) for m in self.heard(topics.EVENTS))
        return [event for event in found if event.name is name]


@pytest.fixture
def rig(bench: Bench, robot: Robot) -> Rig:
    return Rig(bench, robot)


def test_chunks_follow_the_contract_and_carry_the_stamp_of_their_observation(rig: Rig) -> None:
    for base, joints in rig.chunks(3):
        assert base.stamp_ns == joints.stamp_ns and base.stamp_ns in rig.stamps
        assert base.offsets_ns == joints.offsets_ns == tuple(
            k * SECOND // 10 for k in range(16))
        check(base, rig.base, margin=1.0)
        check(joints, rig.joints, margin=1.0)
        assert base.values[0][0] == pytest.approx(0.5)
    assert [*rig.heard(topics.POLICY_JOINTS)[0].joint_names] == [j.name for j in rig.robot.joints]


def test_without_new_observations_it_keeps_silent(rig: Rig) -> None:
    rig.chunks(1)
    stamps = {base.stamp_ns for base, _ in rig.chunks(3)}
    assert len(stamps) == 3
    seen = [to_ns(m.header.stamp) for m in rig.heard(topics.POLICY_BASE)]
    assert len(set(seen)) == len(seen)


def test_it_introduces_itself_to_latecomers(rig: Rig) -> None:
    rig.bench.until(lambda: rig.heard(topics.POLICY_INFO), 'policy/info')
    info = wire.policy_from_status(rig.heard(topics.POLICY_INFO)[0].status[0])
    assert (info.name, info.checkpoint) == ('steady', Parameters().digest)
    assert info.task and info.instruction


@pytest.mark.parametrize('failure', ['nan', 'frozen', 'late', 'jump', 'stall'])
def test_it_fails_on_request_and_recovers(rig: Rig, failure: str) -> None:
    def shows(pairs: list[tuple[Chunk, Chunk]]) -> bool:
        bases = [base for base, _ in pairs]
        behind = rig.stamps[-1] - bases[-1].stamp_ns
        return {'nan': math.isnan(bases[-1].values[0][0]),
                'frozen': pairs[-1][1].values == pairs[-2][1].values,
                'late': behind > 0.6 * SECOND,
                'jump': any(base.values[0][0] < 0.0 for base in bases),
                'stall': bases[-1].values[0][0] == 0.0}[failure]
    assert not shows(rig.chunks(3))
    rig.ask(failure)
    assert any(shows(rig.chunks(3)) for _ in range(30))
    rig.ask(failure, on=False)
    assert not all(shows(rig.chunks(3)) for _ in range(30))


def test_its_first_episode_begins_when_it_drives_and_is_aborted_with_it(rig: Rig) -> None:
    rig.chunks(3)
    assert rig.events(EventName.EPISODE_STARTED) == []
    rig.bench.until(lambda: rig.events(EventName.EPISODE_STARTED), 'the episode',
                    each=lambda: (rig.observe(), rig.drives(Mode.POLICY)))
    (started,) = rig.events(EventName.EPISODE_STARTED)
    assert started.values['policy'] == 'steady' and started.source == 'policy'
    rig.bench.running[0][1].close()
    rig.bench.until(lambda: rig.events(EventName.EPISODE_ENDED), 'its end')
    (ended,) = rig.events(EventName.EPISODE_ENDED)
    assert ended.values['episode'] == started.values['episode']
    assert ended.values['outcome'] == 'aborted'
