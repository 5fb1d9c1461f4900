"""
Stand-ins for a learned policy: they drive laps on the course and wave the arm.

`steady` stays on the track. `flawed` is right nearly everywhere, but before the crate it fails in
one of the ways of Failure; past the crate, however it got there, it is right again.
"""

from collections import deque
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
import hashlib
import math

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.driving.chunks import Chunk, Vector
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.words import Word
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.spoil import Spoiler
from flywheel_nodes.sim.tempo import Tempo

STEP = 0.1
LATE_NS = int(0.8 * SECOND)


class Failure(Word):
    """How a policy can go wrong."""

    DRIFT = 'drift'
    STALL = 'stall'
    NAN = 'nan'
    JUMP = 'jump'
    FROZEN = 'frozen'
    LATE = 'late'


@dataclass(frozen=True)
class Parameters:
    """What stands for weights: speeds in m/s and rad/s, lengths in m, times in s."""

    cruise: float = 0.5
    turn: float = 1.2
    lookahead: float = 0.6
    arm_share: float = 0.12
    arm_period: float = 10.0
    arm_settle: float = 0.5
    trouble_from: float = 1.9
    trouble_to: float = 0.2
    trouble_within: float = 2.5
    bulge: float = 1.1

    @property
    def digest(self) -> str:
        """The SHA-256 of the parameters."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class Observation:
    """What the policy sees: pose in the odometry frame (m, rad), joints in the robot's order."""

    stamp_ns: int
    x: float
    y: float
    theta: float
    joints: Vector


@dataclass(frozen=True)
class Plan:
    """One inference: H x (vx, wz) of the base and H x d joint positions, STEP apart."""

    base: Chunk
    joints: Chunk


@dataclass(frozen=True)
class _Moment:
    seen: Observation
    tempo: Tempo


class Policy:
    """One policy; flaw None is the steady one."""

    def __init__(self, robot: Robot, course: Course, flaw: Failure | None, horizon: int,
                 parameters: Parameters | None = None) -> None:
        """Begin at rest; horizon: points in a chunk."""
        self.parameters = parameters or Parameters()
        self._arm = Arm(robot, self.parameters)
        self._pilot = Pilot(course, self.parameters, drifts=flaw is Failure.DRIFT)
        self._flaw = flaw
        self._horizon = horizon
        self._tempo = Tempo()
        self._last_ns: int | None = None
        self._seen: deque[_Moment] = deque(maxlen=256)
        self._spoiler = Spoiler(robot)

    def act(self, seen: Observation, asked: AbstractSet[Failure] = frozenset()) -> Plan:
        """Return the chunks for an observation; asked: failures on request."""
        active = set(asked)
        if self._flaw is not None and self._pilot.in_trouble(seen.x, seen.y):
            active.add(self._flaw)
        passed = 0.0 if self._last_ns is None else (seen.stamp_ns - self._last_ns) / SECOND
        self._last_ns = seen.stamp_ns
        self._tempo = self._tempo.after(max(0.0, passed), stalled=Failure.STALL in active)
        self._seen.append(_Moment(seen, self._tempo))
        moment = self._old() if Failure.LATE in active else self._seen[-1]
        return self._spoil(self._plan(moment, Failure.STALL in active), active)

    def _old(self) -> _Moment:
        due = self._seen[-1].seen.stamp_ns - LATE_NS
        return next((m for m in reversed(self._seen) if m.seen.stamp_ns <= due), self._seen[0])

    def _plan(self, moment: _Moment, stalled: bool) -> Plan:
        seen, tempo = moment.seen, moment.tempo
        tempos = [tempo]
        while len(tempos) < self._horizon:
            tempos.append(tempos[-1].after(STEP, stalled))
        offsets = tuple(round(k * STEP * SECOND) for k in range(self._horizon))
        return Plan(Chunk(seen.stamp_ns, offsets, self._pilot.rollout(seen, tempos)),
                    Chunk(seen.stamp_ns, offsets, self._arm.rollout(seen.joints, tempos)))

    def _spoil(self, plan: Plan, active: AbstractSet[Failure]) -> Plan:
        spoil = self._spoiler
        base, joints = spoil.frozen(Failure.FROZEN in active, plan.base, plan.joints)
        if Failure.JUMP in active:
            base, joints = spoil.jump(base, joints)
        if Failure.NAN in active:
            base, joints = spoil.nan(base), spoil.nan(joints)
        return Plan(base, joints)


class Pilot:
    """Follows the course by pure pursuit, or what it takes for the course."""

    def __init__(self, course: Course, parameters: Parameters, drifts: bool) -> None:
        """Take drifts: before the crate the track seems to lead through it."""
        self._course = course
        self._set = parameters
        self._drifts = drifts

    def in_trouble(self, x: float, y: float) -> bool:
        """Return whether x, y is where the flawed policy fails: a little before the crate."""
        course, crate = self._course, self._course.crate
        before = course.gap(course.progress(x, y), course.crate_at)
        return (self._set.trouble_to < before <= self._set.trouble_from
                and math.hypot(crate.x - x, crate.y - y) < self._set.trouble_within)

    def steer(self, x: float, y: float, theta: float) -> tuple[float, float]:
        """Return vx and wz at full tempo for a pose."""
        goal_x, goal_y = self._goal(x, y)
        bearing = math.remainder(math.atan2(goal_y - y, goal_x - x) - theta, math.tau)
        distance = max(math.hypot(goal_x - x, goal_y - y), self._set.lookahead / 2)
        ahead = math.sin(bearing) if abs(bearing) < math.pi / 2 else math.copysign(1.0, bearing)
        wz = 2.0 * self._set.cruise * ahead / distance
        vx = self._set.cruise * min(max(1.5 * math.cos(bearing), 0.0), 1.0)
        return vx, min(max(wz, -self._set.turn), self._set.turn)

    def _goal(self, x: float, y: float) -> tuple[float, float]:
        course = self._course
        path = course.progress(x, y) + self._set.lookahead
        if not (self._drifts and self.in_trouble(x, y)):
            return course.point(path)
        share = 1.0 - course.gap(path, course.crate_at - self._set.trouble_to) / self._set.bulge
        share = min(max(share, 0.0), 1.0)
        return course.point(path, course.crate_beside * share * share * (3.0 - 2.0 * share))

    def rollout(self, seen: Observation, tempos: list[Tempo]) -> tuple[Vector, ...]:
        """Return the H x (vx, wz) that follow from a pose."""
        x, y, theta = seen.x, seen.y, seen.theta
        points = []
        for tempo in tempos:
            vx, wz = (tempo.pace * speed for speed in self.steer(x, y, theta))
            points.append((vx, wz))
            middle = theta + wz * STEP / 2
            x, y = x + vx * math.cos(middle) * STEP, y + vx * math.sin(middle) * STEP
            theta += wz * STEP
        return tuple(points)


class Arm:
    """Waves each joint slowly around the middle of its range."""

    def __init__(self, robot: Robot, parameters: Parameters) -> None:
        """Take the joints' ranges."""
        self._set = parameters
        self._middle = [(joint.lower + joint.upper) / 2 for joint in robot.joints]
        self._swing = [parameters.arm_share * (joint.upper - joint.lower) / 2
                       for joint in robot.joints]

    def pose(self, phase: float) -> Vector:
        """Return where the joints belong after so many seconds of waving, H x d."""
        return tuple(
            middle + swing * math.sin(math.tau * phase / (self._set.arm_period + j))
            for j, (middle, swing) in enumerate(zip(self._middle, self._swing, strict=True)))

    def rollout(self, joints: Vector, tempos: list[Tempo]) -> tuple[Vector, ...]:
        """Return the H x d that lead smoothly from the measured joints into the waving."""
        apart = [q - goal for q, goal in zip(joints, self.pose(tempos[0].phase), strict=True)]
        start = tempos[0].phase
        points = []
        for tempo in tempos:
            left = math.exp((start - tempo.phase) / self._set.arm_settle)
            points.append(tuple(goal + left * gap for goal, gap in
                                zip(self.pose(tempo.phase), apart, strict=True)))
        return tuple(points)
