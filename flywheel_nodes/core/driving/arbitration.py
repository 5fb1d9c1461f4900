"""
The arbiter: authority and motion together, driven by inputs and one tick per period.

It is the only place from which the robot is moved. The robot's safety still never depends on it
being on time: the driver's own command time-out and the hardware e-stop stay mandatory.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

from flywheel_nodes.core import ticks
from flywheel_nodes.core.clock import MILLISECOND, Now, SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import code, Control, Gate, Mode, Request, TeleopCommand
from flywheel_nodes.core.driving.authority import Authority
from flywheel_nodes.core.driving.axes import Axis, groups
from flywheel_nodes.core.driving.chunks import Chunk, Proposal
from flywheel_nodes.core.driving.motion import Motion, Output
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import Event

Answer = tuple[bool, str]
FUTURE_NS = 50 * MILLISECOND
ORDER_NS = 20 * MILLISECOND
NOT_OURS = (Gate.NATIVE, Gate.ESTOP, Gate.ESTOP_UNKNOWN, Gate.OWNER_UNKNOWN)
Targets = Sequence[float | None]


@dataclass(frozen=True)
class Result:
    """What one tick decided."""

    control: Control
    changed: bool
    tick: ticks.Tick
    output: Output | None
    requested: Mapping[str, float]
    events: tuple[Event, ...]


class Arbiter:
    """The robot's only driver; see Authority for who may decide, Motion for how it moves."""

    def __init__(self, config: ArbiterConfig, axes: Sequence[Axis], authority: Authority) -> None:
        """Begin with an authority and axes in the order of the tick's vectors."""
        self.config = config
        self.axes = tuple(axes)
        self.authority = authority
        self._longest = 2.0 / config.rate
        self.motion = Motion(axes, self._longest)
        self.counts: Counter[tuple[str, str]] = Counter()
        self._index = {axis.name: i for i, axis in enumerate(axes)}
        self._groups = groups(self.axes)
        self._proposals: dict[str, Proposal] = {}
        self._joints = frozenset(axis.name for axis in self.axes if not axis.rate)
        self._measured: dict[str, float] = {}
        self._heard_ns: dict[str, int] = {}
        self._astray = False
        self._command: TeleopCommand | None = None
        self._reported: Control | None = None
        self._last_ns = 0

    # --- inputs ---------------------------------------------------------------------------------

    def chunk(self, group: str, chunk: Chunk, arrived_ns: int, now: Now) -> str:
        """
        Take a chunk of the policy; return why not, or ''.

        :param arrived_ns: monotonic time of its arrival
        """
        age = now.wall - (now.mono - arrived_ns) - chunk.stamp_ns
        proposal = Proposal(chunk, arrived_ns, age)
        refusal = self._against(proposal, self._proposals.get(group))
        if refusal:
            self.counts['policy_chunks_rejected_total', refusal] += 1
        else:
            self._proposals[group] = proposal
        return refusal

    def _against(self, proposal: Proposal, last: Proposal | None) -> str:
        if proposal.age_ns < -FUTURE_NS:
            return 'future'
        if proposal.age_ns > self.config.max_action_age * SECOND:
            return 'old'
        if last and proposal.observed_ns < last.observed_ns - ORDER_NS:
            return 'reordered'
        return 'handed_over' if proposal.observed_ns <= self.authority.handed_over_ns else ''

    def measured(self, positions: Mapping[str, float], now: Now) -> None:
        """Take measured joint positions by name, in rad or m; several messages may share them."""
        told = {name: value for name, value in positions.items()
                if name in self._joints and math.isfinite(value)}
        self._measured.update(told)
        self._heard_ns.update(dict.fromkeys(told, now.mono))
        if len(self._heard_ns) == len(self._joints):  # no joint speaks for another
            self.authority.gates.robot_heard(min(self._heard_ns.values(), default=now.mono))

    def command(self, command: TeleopCommand, now: Now) -> Refusal:
        """Take a command of a human; return why it was refused."""
        if command.request is Request.RESUME:
            if self.authority.is_new_resume(command):
                self.resume(command.operator, now)
            return Refusal.NONE
        refusal = self._fits(command) or self.authority.command(command, now.mono)
        if refusal is not Refusal.NONE:
            self.counts['teleop_commands_rejected_total', refusal] += 1
        elif self.authority.driving:
            self._command = command
        return refusal

    def _fits(self, command: TeleopCommand) -> Refusal:
        if not command.deadman or command.request is not Request.DRIVE:
            return Refusal.NONE  # what moves nothing is never refused for what it asks
        for name, value in (*command.axes, *command.joints):
            if name not in self._index or not math.isfinite(value):
                return Refusal.UNKNOWN_AXIS
        held = dict(self._command.joints) if self._command and self.authority.driving else {}
        far = any(abs(value - self.motion.values[self._index[name]]) > self.config.align_tolerance
                  for name, value in command.joints if name not in held)
        return Refusal.MISALIGNED if far else Refusal.NONE

    def resume(self, by: str, now: Now) -> Answer:
        """Clear a stop, or let the policy drive if it has something to say for now."""
        oldest = self._oldest(now.mono)
        return self.authority.resume(by, now.mono, oldest.observed_ns if oldest else None)

    def _oldest(self, mono: int) -> Proposal | None:
        """Return the proposal for now that comes from the oldest observation."""
        fresh = [p for p in self._proposals.values() if p.sample(mono) is not None]
        return min(fresh, key=lambda p: p.observed_ns, default=None)

    # --- each tick ------------------------------------------------------------------------------

    def tick(self, now: Now) -> Result:
        """Decide the output for now."""
        dt = self._dt(now.mono)
        if dt > self.config.state_timeout:
            self._wake(now.mono)
        events = self.authority.tick(now.mono)
        if self._reported is None or self._reported.mode is not self.authority.mode:
            self.motion.hand_over()
        proposed = self._propose(now.mono)
        requested = self._request(min(dt, self._longest))
        output = self._move(proposed, requested, dt, now.mono)
        control = self.authority.report()
        changed, self._reported = control != self._reported, control
        tick = self._tick(now, control, proposed, requested, output)
        return Result(control, changed, tick, output, self._named(requested), tuple(events))

    def _dt(self, mono: int) -> float:
        period = 1.0 / self.config.rate
        since = (mono - self._last_ns) / SECOND if self._last_ns else period
        self._last_ns = mono
        return max(since, period / 4)

    def _wake(self, mono: int) -> None:
        """Begin anew after a pause of our own."""
        self.authority.paused(mono)
        self.motion.rest()
        self._astray = True

    def _propose(self, mono: int) -> list[float | None]:
        """Return what the policy wants now; it goes on proposing while others drive."""
        values: list[float | None] = [None] * len(self.axes)
        for group, members in self._groups.items():
            proposal = self._proposals.get(group)
            vector = proposal.sample(mono) if proposal else None
            if vector is None:
                if proposal and self.authority.mode is Mode.POLICY:
                    self.counts['policy_starvations_total', group] += 1
                continue
            for axis, value in zip(members, vector, strict=True):
                values[self._index[axis.name]] = value
        return values

    def _request(self, dt: float) -> list[float | None]:
        """Return what the human wants now: shares of a rate, joints moved at a rate or placed."""
        values: list[float | None] = [None] * len(self.axes)
        if not self.authority.driving or self._command is None:
            self._command = None
            return values
        for name, share in self._command.axes:
            i, axis = self._index[name], self.axes[self._index[name]]
            reach = min(max(share, -1.0), 1.0) * axis.velocity
            values[i] = reach if axis.rate else self.motion.values[i] + reach * dt
        for name, place in self._command.joints:
            values[self._index[name]] = place
        return values

    def _move(self, proposed: Targets, requested: Targets, dt: float,
              mono: int) -> Output | None:
        """Move; a late tick brakes for the time that has passed, but does not catch up."""
        self._find_joints(mono)
        if not self.motion.placed:
            return None
        step = min(dt, self._longest)
        if self.authority.mode is Mode.POLICY:
            return self.motion.drive(proposed, step, self.config.blend_time)
        if self.authority.driving:
            return self.motion.drive(requested, step, self.config.blend_time,
                                     self.authority.cap)
        return self.motion.hold(dt)

    def _find_joints(self, mono: int) -> None:
        """Follow the joints while somebody else moves them; begin anew where they are found."""
        gate = self.authority.gates.for_everybody(mono)
        if gate is Gate.ROBOT_SILENT:
            self._astray = True
            return
        idle = self.authority.mode is not Mode.POLICY and not self.authority.driving
        lost = idle and self.motion.resting and (self._astray or gate in NOT_OURS)
        if lost or not self.motion.placed:
            self.motion.place([self._measured.get(axis.name, math.nan) for axis in self.axes])
            self._astray = False

    def _tick(self, now: Now, control: Control, proposed: Targets, requested: Targets,
              output: Output | None) -> ticks.Tick:
        oldest = self._oldest(now.mono)
        return ticks.Tick(
            now.wall, code(control.mode), code(control.gate), code(control.phase), control.epoch,
            self.authority.seq, oldest.chunk.stamp_ns if oldest else 0,
            output.blend if output else 0.0, int(output.limits) if output else 0,
            _row(proposed), _row(requested),
            output.values if output else ticks.absent(len(self.axes)), self.authority.cap,
            self.authority.frame_age(now.mono))

    def _named(self, requested: Targets) -> dict[str, float]:
        return {axis.name: value for axis, value in zip(self.axes, requested, strict=True)
                if value is not None}


def _row(values: Targets) -> tuple[float, ...]:
    return tuple(math.nan if value is None else value for value in values)


