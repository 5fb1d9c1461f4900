"""
policy: an embedded stand-in for a learned policy, in a process of its own.

It sees odom and joint_states, thinks for a while, and puts out chunks for base and joints.
"""

from collections.abc import Callable, Sequence
import math
import time
from typing import Any, NamedTuple

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Twist, Vector3
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import (
    JointTrajectory,
    JointTrajectoryPoint,
    MultiDOFJointTrajectory,
    MultiDOFJointTrajectoryPoint,
)

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import PolicyConfig
from flywheel_nodes.core.control import PolicyInfo
from flywheel_nodes.core.driving.chunks import Chunk, Vector
from flywheel_nodes.core.events import Outcome
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_array, to_ns, to_time
from flywheel_nodes.nodes.shell import Answer, run, Shell
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.episodes import Episodes, INSTRUCTION, TASK
from flywheel_nodes.sim.every import Every
from flywheel_nodes.sim.policies import Failure, Observation, Plan, Policy, STEP

ON_REQUEST = (Failure.NAN, Failure.JUMP, Failure.STALL, Failure.FROZEN, Failure.LATE)


class _Seen(NamedTuple):
    data: bytes
    mono_ns: int


class _Ready(NamedTuple):
    plan: Plan
    due_ns: int


class PolicyNode:
    """The component of policy."""

    def __init__(self, shell: Shell) -> None:
        """Announce the policy and begin to watch."""
        self._shell = shell
        config: PolicyConfig = shell.config
        course = Course()
        flaw = Failure(config.failure) if config.policy == 'flawed' else None
        self._policy = Policy(shell.robot, course, flaw, config.horizon)
        self._episodes = Episodes(course, config.policy, shell.new_id)
        self._names = [joint.name for joint in shell.robot.joints]
        self._latency_ns = int(config.latency * SECOND)
        self._turn = Every(config.policy_rate, config.rate)
        self._asked: set[Failure] = set()
        self._odom: _Seen | None = None
        self._joints: _Seen | None = None
        self._ready: _Ready | None = None
        self._base_out = shell.publisher(topics.POLICY_BASE)
        self._joints_out = shell.publisher(topics.POLICY_JOINTS)
        self._info_out = shell.publisher(topics.POLICY_INFO)
        self._introduce(config)
        shell.subscribe(topics.ODOM, self._saw_odom, raw=True)
        shell.subscribe(topics.JOINT_STATES, self._saw_joints, raw=True)
        shell.subscribe(topics.CONTROL, self._heard_control)
        for failure in ON_REQUEST:
            shell.switch(f'fault_{failure}', self._switch(failure))

    def _introduce(self, config: PolicyConfig) -> None:
        info = PolicyInfo(
            config.policy, '1', self._policy.parameters.digest,
            f'base velocity and joint positions, {config.horizon} points {STEP:g} s apart', TASK,
            INSTRUCTION)
        self._info_out.publish(to_array([wire.policy_to_status(info)], time.time_ns()))

    def _switch(self, failure: Failure) -> Callable[[bool], Answer]:
        def serve(on: bool) -> Answer:
            (self._asked.add if on else self._asked.discard)(failure)
            return True, f'{failure}: {"on" if on else "off"}'
        return serve

    # --- observations ---------------------------------------------------------------------------

    def _saw_odom(self, data: bytes, arrival: Arrival) -> None:
        self._odom = _Seen(data, arrival.mono_ns)

    def _saw_joints(self, data: bytes, arrival: Arrival) -> None:
        self._joints = _Seen(data, arrival.mono_ns)

    def _heard_control(self, message: Any, arrival: Arrival) -> None:
        for status in message.status:
            self._episodes.control(wire.control_from_status(status).mode)

    def _observe(self, odom: _Seen | None, joints: _Seen) -> Observation | None:
        """Decode the newest of each; None while joints are missing, at the start without odom."""
        state = deserialize_message(joints.data, JointState)
        found = dict(zip(state.name, state.position, strict=False))
        if not set(self._names) <= set(found):
            return None
        if odom is None:
            return Observation(to_ns(state.header.stamp), 0.0, 0.0, 0.0,
                               tuple(found[name] for name in self._names))
        pose = deserialize_message(odom.data, Odometry)
        turn, where = pose.pose.pose.orientation, pose.pose.pose.position
        return Observation(to_ns(pose.header.stamp), where.x, where.y,
                           2.0 * math.atan2(turn.z, turn.w),
                           tuple(found[name] for name in self._names))

    # --- the loop -------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Publish what has been thought of, and think about the newest observation in turn."""
        if self._ready and now.mono >= self._ready.due_ns:
            self._publish(self._ready.plan)
            self._ready = None
        sees = self._odom if self._shell.robot.base else self._joints
        if sees and self._joints and self._turn.due(now.mono):
            self._think(self._odom, self._joints, now)
            self._odom = None

    def _think(self, odom: _Seen | None, joints: _Seen, now: Now) -> None:
        seen = self._observe(odom, joints)
        if seen is None:
            return
        self._shell.emit(*self._episodes.moved(seen.x, seen.y, now.mono))
        plan = self._policy.act(seen, frozenset(self._asked))
        self._ready = _Ready(plan, (odom or joints).mono_ns + self._latency_ns)

    def _publish(self, plan: Plan) -> None:
        if self._shell.robot.base:
            self._base_out.publish(self._base(plan))
        if self._names:
            self._joints_out.publish(self._arm(plan))

    def _base(self, plan: Plan) -> MultiDOFJointTrajectory:
        base = MultiDOFJointTrajectory(joint_names=['base'], points=[
            MultiDOFJointTrajectoryPoint(velocities=[_twist(vector)], time_from_start=offset)
            for offset, vector in _points(plan.base)])
        base.header.stamp = to_time(plan.base.stamp_ns)
        base.header.frame_id = 'base_link'
        return base

    def _arm(self, plan: Plan) -> JointTrajectory:
        joints = JointTrajectory(joint_names=self._names, points=[
            JointTrajectoryPoint(positions=list(vector), time_from_start=offset)
            for offset, vector in _points(plan.joints)])
        joints.header.stamp = to_time(plan.joints.stamp_ns)
        return joints

    def close(self) -> None:
        """Tell that the attempt goes no further."""
        self._shell.emit(*self._episodes.end(Outcome.ABORTED, time.monotonic_ns()))


def _points(chunk: Chunk) -> list[tuple[Duration, Vector]]:
    return [(Duration(sec=offset // SECOND, nanosec=offset % SECOND), vector)
            for offset, vector in zip(chunk.offsets_ns, chunk.values, strict=True)]


def _twist(vector: Vector) -> Twist:
    return Twist(linear=Vector3(x=vector[0]), angular=Vector3(z=vector[1]))


def main(args: Sequence[str]) -> int:
    """Run the embedded policy."""
    return run('policy', PolicyConfig, PolicyNode, args)
