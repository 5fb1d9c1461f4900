"""The node policy_monitor: gives or withholds leave to let the policy drive."""

from collections.abc import Callable, Sequence
from typing import Any

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import MonitorConfig
from flywheel_nodes.core.control import PolicyInfo
from flywheel_nodes.core.driving.axes import axes, BASE, groups, JOINTS
from flywheel_nodes.core.driving.chunks import (
    base_chunk,
    check,
    Chunk,
    ContractError,
    joint_chunk,
    single_action,
    twist,
)
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.health.labels import Few
from flywheel_nodes.core.metrics import Cell
from flywheel_nodes.core.shedding import Sheddable
from flywheel_nodes.core.watching.episodes import Episodes
from flywheel_nodes.core.watching.policy_watch import PolicyWatch
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_array, to_ns
from flywheel_nodes.nodes.shell import run, Shell

SINGLE_HOLD_NS = 300_000_000
# A task may be a sentence, and another one each time: a histogram for each would leave no room.
MOST_TASKS, MOST_POLICIES = 32, 16


class PolicyMonitor:
    """Wires core.watching.policy_watch and core.watching.episodes to topics."""

    def __init__(self, shell: Shell) -> None:
        """Subscribe, publish verdicts, offer ~/episode_start and ~/episode_end."""
        self.shell = shell
        self.axes = axes(shell.robot)
        self.groups = groups(self.axes)
        self.watch = PolicyWatch(shell.config, self.axes)
        self.episodes = Episodes(shell.new_id)
        self.now = Now(0, 0)
        self.shedding = shell.sheddable(Sheddable.STATISTICAL_DETECTORS)
        self._cells: dict[str, tuple[Cell, Cell]] = {}
        self._tasks, self._policies = Few(MOST_TASKS), Few(MOST_POLICIES)
        self._verdicts = shell.publisher(topics.VERDICT)
        self._subscribe()
        shell.trigger('episode_start', lambda: self._tell(
            self.episodes.start(self.watch.policy, self.now.mono)))
        shell.switch('episode_end', lambda success: self._tell(
            self.episodes.end(success, self.now.mono)))

    def _subscribe(self) -> None:
        take = self.shell.subscribe
        if JOINTS in self.groups:
            take(topics.POLICY_JOINTS, self._reader(JOINTS, joint_chunk))
        if BASE in self.groups:
            take(topics.POLICY_BASE, self._reader(BASE, base_chunk))
            take(topics.POLICY_CMD_VEL, self._reader(
                BASE, lambda m, a: single_action(m, a, SINGLE_HOLD_NS)))
        take(topics.POLICY_INFO, lambda m, _: self._info(
            wire.policy_from_status(wire.single(m))))
        take(topics.CONTROL, lambda m, _: self.watch.mode(
            wire.control_from_status(wire.single(m)).mode))
        take(topics.TICKS, self._ticks)
        take(topics.ODOM, self._odom, newest=True)
        take(topics.JOINT_STATES, lambda m, _: self.watch.joints(
            dict(zip(m.name, m.position, strict=False))), newest=True)
        take(topics.EVENTS, self._event)

    def _reader(self, group: str, read: Callable[[Any, Any], Chunk]) -> Callable[
            [Any, Arrival], None]:
        members = self.groups[group]

        def receive(message: Any, arrival: Arrival) -> None:
            policy = self._policies.label(self.watch.policy.name)
            self.shell.metrics.add('policy_actions_total', policy=policy)
            age = arrival.received_ns - to_ns(message.header.stamp)
            self.shell.metrics.observe('policy_action_age_seconds', age / SECOND, policy=policy)
            try:
                chunk = read(message, members)
                check(chunk, members, self.shell.config.limit_margin)
            except ContractError as error:
                self.watch.broken(group, str(error), arrival.mono_ns)
                return
            seam = self.watch.chunk(group, chunk, arrival.mono_ns, age)
            if seam is not None:
                self.shell.metrics.observe('policy_chunk_discontinuity', seam, group=group)
        return receive

    def _info(self, info: PolicyInfo) -> None:
        self.watch.info(info)
        metrics = self.shell.metrics
        task, policy = self._tasks.label(info.task), self._policies.label(info.name)
        metrics.forget('policy_info')
        metrics.add('policy_actions_total', 0, policy=policy)
        for name in ('episodes_total', 'episode_failures_total'):
            metrics.add(name, 0, task=task, policy=policy)
        metrics.set('policy_info', 1, policy=policy, version=info.version,
                    checkpoint=info.checkpoint[:12])

    def _ticks(self, message: Any, arrival: Arrival) -> None:
        if self.shedding.skipped():
            return  # to decode them is most of what the statistical detectors cost
        names, rows = wire.ticks_from_table(message)
        for row in rows:
            self.watch.applied(row, names, arrival.mono_ns)

    def _odom(self, message: Any, arrival: Arrival) -> None:
        place = message.pose.pose.position
        speeds = twist(message.twist.twist, self.groups.get(BASE, ()))
        self.watch.odom((place.x, place.y), dict(zip(
            (axis.name for axis in self.groups.get(BASE, ())), speeds, strict=True)))

    def _event(self, message: Any, arrival: Arrival) -> None:
        for status in message.status:
            event = wire.event_from_status(status)
            ended = self.episodes.seen(event) and event.name is EventName.EPISODE_ENDED
            if ended and self.shell.is_news(event, arrival):  # the monitor before counted it
                self._count_episode(event)

    def _count_episode(self, event: Event) -> None:
        task = self._tasks.label(event.values.get('task', ''))
        policy = self._policies.label(event.values.get('policy', ''))
        metrics = self.shell.metrics
        metrics.add('episodes_total', task=task, policy=policy)
        failed = event.values.get('outcome') != 'success'
        metrics.add('episode_failures_total', float(failed), task=task, policy=policy)
        metrics.observe('episode_duration_seconds', _number(event.values.get('duration_s', '')),
                        task=task)

    def _tell(self, answer: tuple[bool, str, Event | None]) -> tuple[bool, str]:
        ok, text, event = answer
        if event:
            self.shell.emit(event)
        return ok, text

    def step(self, now: Now) -> None:
        """Judge and tell."""
        self.now = now
        self.watch.config = self.shell.config
        self.watch.shed(self.shedding.active)
        events = self.watch.tick(now.mono)
        self.shell.emit(*events)
        self._verdicts.publish(
            to_array([wire.verdict_to_status(self.watch.verdict)], now.wall))
        for name, score in self.watch.scores.items():
            value, threshold = self._cells.get(name) or self._detector(name)
            value.value, threshold.value = score.value, score.threshold
        for event in events:
            if event.name is EventName.POLICY_ALARM:
                self.shell.metrics.add('policy_monitor_alarms_total',
                                       detector=event.values['detector'])

    def _detector(self, name: str) -> tuple[Cell, Cell]:
        metrics = self.shell.metrics
        metrics.add('policy_monitor_alarms_total', 0, detector=name)
        self._cells[name] = (metrics.cell('policy_monitor_score', detector=name),
                             metrics.cell('policy_monitor_threshold', detector=name))
        return self._cells[name]

    def close(self) -> None:
        """Hold nothing that must be let go."""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def main(args: Sequence[str]) -> int:
    """Run the node."""
    return run('policy_monitor', MonitorConfig, PolicyMonitor, args)
