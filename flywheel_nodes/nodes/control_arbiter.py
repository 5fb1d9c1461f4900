"""The node control_arbiter: the only publisher of robot/*."""

from collections.abc import Callable, Sequence
from typing import Any

from geometry_msgs.msg import TwistStamped
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from flywheel_nodes.core import services, topics, wire
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Request
from flywheel_nodes.core.driving.arbitration import Arbiter, Result
from flywheel_nodes.core.driving.authority import Authority
from flywheel_nodes.core.driving.axes import axes, BASE, groups, JOINTS
from flywheel_nodes.core.driving.chunks import base_chunk, check, Chunk, joint_chunk, single_action
from flywheel_nodes.core.driving.gates import Gates
from flywheel_nodes.core.driving.motion import Output
from flywheel_nodes.core.driving.repeats import Repeats
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.events import EventName, Outcome
from flywheel_nodes.core.robot import check_stop_bound
from flywheel_nodes.core.ticks import Tick
from flywheel_nodes.core.words import word
from flywheel_nodes.nodes.arbiter_tally import Tally
from flywheel_nodes.nodes.graph import Commander, Rivals, RivalTour
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_array, to_multi_array, to_time
from flywheel_nodes.nodes.shell import Answer, run, Shell

LIMIT_MARGIN = 2.0
CONTROL_PERIOD = SECOND // 10
STRANGER_AGAIN = SECOND // 5


class ControlArbiter:
    """Wires core.driving.arbitration to topics."""

    def __init__(self, shell: Shell) -> None:
        """Subscribe, publish, offer ~/stop and ~/resume."""
        config: ArbiterConfig = shell.config
        check_stop_bound(shell.robot, config.detection)
        self.shell = shell
        self.axes = axes(shell.robot)
        self.groups = groups(self.axes)
        self.gates = Gates(config, shell.robot.has_estop)
        self.arbiter = Arbiter(config, self.axes, Authority(
            config, self.gates, shell.new_id, restarted=shell.instance.restarts > 0))
        self.now = Now(0, 0)
        self._stranger_ns = 0
        self._tally = Tally(shell.metrics, self.arbiter, self.gates)
        self._repeats = Repeats(self.axes)
        self._ticks: list[Tick] = []
        self._reported_ns = 0
        self._rivals = Rivals(shell, {
            topics.ROBOT_CMD_VEL: shell.name, topics.ROBOT_JOINTS: shell.name,
            topics.TELEOP_COMMAND: config.relay})
        self._tour = RivalTour(self._rivals, config.graph_period)
        self._monitor = Commander(shell, topics.VERDICT, config.monitor, config.verdict_timeout)
        self._relay = Commander(shell, topics.TELEOP_COMMAND, config.relay, config.lease_timeout)
        self._out = {topic.name: shell.publisher(topic) for topic in (
            topics.ROBOT_CMD_VEL, topics.ROBOT_JOINTS, topics.TELEOP_CMD_VEL,
            topics.TELEOP_JOINTS, topics.CONTROL, topics.TICKS)}
        self._subscribe()
        shell.trigger(services.STOP.name,
                      lambda: self.arbiter.authority.stop('~/stop', self.now.mono))
        shell.trigger(services.RESUME.name, self._resume)

    def _subscribe(self) -> None:
        take = self.shell.subscribe
        if JOINTS in self.groups:
            take(topics.POLICY_JOINTS, lambda m, a: self._chunk(JOINTS, joint_chunk(
                m, self.groups[JOINTS]), a))
        if BASE in self.groups:
            take(topics.POLICY_BASE, lambda m, a: self._chunk(BASE, base_chunk(
                m, self.groups[BASE]), a))
            hold = int(self.shell.config.cmd_vel_timeout * SECOND)
            take(topics.POLICY_CMD_VEL, lambda m, a: self._chunk(BASE, single_action(
                m, self.groups[BASE], hold), a))
        take(topics.TELEOP_COMMAND, self._command)
        take(topics.EVENTS, self._event)
        take(topics.JOINT_STATES, lambda m, a: self.arbiter.measured(
            dict(zip(m.name, m.position, strict=False)), self._at(a)))
        if JOINTS not in self.groups:  # else odom alone must not speak for the joints
            take(topics.ODOM, lambda m, a: self.gates.robot_heard(a.mono_ns), newest=True)
        take(topics.VERDICT, self._verdict)
        take(topics.ESTOP, self._heeded(lambda m, now: self.gates.estop(m.data, now)))
        take(topics.CONTROL_OWNER, self._heeded(lambda m, _: self.gates.owner(m.data)))

    def _heeded(self, hear: Callable[[Any, int], None]) -> Callable[[Any, Arrival], None]:
        def receive(message: Any, arrival: Arrival) -> None:
            hear(message, arrival.mono_ns)
            self.arbiter.authority.heed(arrival.mono_ns)
        return receive

    def _verdict(self, message: Any, arrival: Arrival) -> None:
        verdict = wire.verdict_from_status(wire.single(message))
        if verdict.ok and not self._monitor.sent(arrival.publisher, arrival.mono_ns):
            raise WireError('a leave from somebody else than '
                            f'{self.shell.config.monitor}: it does not count')
        self.gates.verdict(verdict, arrival.mono_ns)
        self.arbiter.authority.heed(arrival.mono_ns)

    def _at(self, arrival: Arrival) -> Now:
        return Now(arrival.mono_ns, arrival.received_ns)

    def _chunk(self, group: str, chunk: Chunk, arrival: Arrival) -> None:
        check(chunk, self.groups[group], LIMIT_MARGIN)
        self.arbiter.chunk(group, chunk, arrival.mono_ns, self._at(arrival))

    def _command(self, message: Any, arrival: Arrival) -> None:
        command = wire.command_from_status(wire.single(message))
        if command.request is not Request.STOP and not self._relay.sent(
                arrival.publisher, arrival.mono_ns):
            self._stranger(arrival.mono_ns)
        elif not self.arbiter.command(command, self._at(arrival)):
            self._tally.accepted(command)

    def _stranger(self, now: int) -> None:
        """Refuse a command of somebody else than the relay, and look at once who it is."""
        self.arbiter.counts['teleop_commands_rejected_total', Refusal.STRANGER] += 1
        if now - self._stranger_ns < STRANGER_AGAIN:  # a flood must not keep us reading the graph
            return
        self._stranger_ns = now
        topic = topics.absolute(topics.TELEOP_COMMAND.name, self.shell.namespace)
        self.arbiter.authority.competing(topic, self._rivals.others(topic), now)

    def _event(self, message: Any, arrival: Arrival) -> None:
        event = wire.event_from_status(wire.single(message))
        if event.name is EventName.EPISODE_ENDED:
            outcome = word(Outcome, event.values.get('outcome', ''), Outcome.UNKNOWN)
            self.arbiter.authority.interventions.episode_ended(
                outcome, event.mono_ns, arrival.mono_ns)

    def _resume(self) -> Answer:
        return self.arbiter.resume('~/resume', self.now)

    # --- each tick ------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Decide and publish."""
        self.now = now
        self.arbiter.config = self.arbiter.authority.config = self.shell.config
        for topic, nodes in self._tour.look(now.mono):
            self.arbiter.authority.competing(topic, nodes, now.mono)
        result = self.arbiter.tick(now)
        output = result.output
        due = output is None or self._repeats.due(output, now.mono)
        if output is not None and due:
            self._drive(output, now)
        self._tell(result, now)
        self._ticks.append(result.tick)
        if due or result.changed:
            self._tell_ticks()
        self._tally.take(result, now)

    def _drive(self, output: Output, now: Now) -> None:
        values = dict(zip((a.name for a in self.axes), output.values, strict=True))
        speeds = dict(zip((a.name for a in self.axes), output.speeds, strict=True))
        if BASE in self.groups:
            self._out['robot/cmd_vel'].publish(_twist(values, now))
        if JOINTS in self.groups:  # the last of a tick: robot_adapter wakes by it
            self._out['robot/joint_trajectory'].publish(self._joints(values, speeds, now))

    def _tell(self, result: Result, now: Now) -> None:
        if result.requested and BASE in self.groups:
            self._out['teleop/cmd_vel'].publish(_twist(result.requested, now))
        if any(axis.name in result.requested for axis in self.groups.get(JOINTS, ())):
            self._out['teleop/joint_trajectory'].publish(
                self._joints(result.requested, {}, now))
        if result.changed or now.mono - self._reported_ns >= CONTROL_PERIOD:
            self._reported_ns = now.mono
            self._out['flywheel/control'].publish(
                to_array([wire.control_to_status(result.control)], now.wall))
        self.shell.emit(*result.events)

    def _tell_ticks(self) -> None:
        """Publish what was decided; of a robot at rest several ticks at a time."""
        names = [axis.name for axis in self.axes]
        self._out['flywheel/ticks'].publish(to_multi_array(wire.ticks_to_table(
            self._ticks, names)))
        self._ticks = []

    def _joints(self, values: Any, speeds: Any, now: Now) -> JointTrajectory:
        names = [axis.name for axis in self.groups[JOINTS] if axis.name in values]
        point = JointTrajectoryPoint(positions=[values[name] for name in names],
                                     velocities=[speeds[name] for name in names if name in speeds])
        point.time_from_start.nanosec = int(SECOND / self.shell.config.rate)
        message = JointTrajectory(joint_names=names, points=[point])
        message.header.stamp = to_time(now.wall)
        return message

    def close(self) -> None:
        """Leave nothing moving: the adapter stops the robot when commands end."""


def _twist(values: Any, now: Now) -> TwistStamped:
    message = TwistStamped()
    message.header.stamp = to_time(now.wall)
    message.header.frame_id = 'base_link'
    message.twist.linear.x = values.get('vx', 0.0)
    message.twist.linear.y = values.get('vy', 0.0)
    message.twist.angular.z = values.get('wz', 0.0)
    return message


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run('control_arbiter', ArbiterConfig, ControlArbiter, args)
