"""
The physics of robots that are not there: a base, if any, and position-driven joints.

No ROS, no clock, no randomness: the same commands at the same times give the same motion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import math

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.sim.course import Course

AXES = ('vx', 'vy', 'wz')
RADIUS = 0.3
DRIVE_LAG = 0.1
JOINT_LAG = 0.05
NATIVE_TURN = 0.3
LONGEST_STEP = 0.05
SETTLED = 1e-6


@dataclass(frozen=True)
class Snapshot:
    """The robot at one moment: pose in the odometry frame (m, rad), speeds, joints."""

    stamp_ns: int
    x: float
    y: float
    theta: float
    vx: float
    wz: float
    joints: tuple[float, ...]


class World:
    """
    The robot on its course.

    estop and native follow the pendant: a pressed stop ends all motion at once, and while somebody
    drives natively (here: turns on the spot) commands are ignored. Neither brings back commands
    from before.
    """

    def __init__(self, robot: Robot, course: Course, command_timeout: float) -> None:
        """
        Put the robot at the start, its joints in the middle of their ranges.

        :param command_timeout: the drives stop this long after the last command, in s
        """
        self.course = course
        self.x = self.y = self.theta = 0.0
        self.vx = self.vy = self.wz = self.ax = 0.0
        self.joints = [(joint.lower + joint.upper) / 2 for joint in robot.joints]
        self.speeds = [0.0 for _ in robot.joints]
        self.blocked = False
        self._specs = robot.joints
        self._index = {joint.name: i for i, joint in enumerate(robot.joints)}
        limits = {axis.name: axis for axis in robot.base}
        self._limits = tuple(limits[name].velocity if name in limits else 0.0 for name in AXES)
        self._brakes = tuple(limits[name].stop_deceleration if name in limits else 1.0
                             for name in AXES)
        self._timeout_ns = int(command_timeout * SECOND)
        self._now_ns: int | None = None
        self._estop = self._native = False
        self._forget()

    def _forget(self) -> None:
        self._drive: tuple[float, ...] | None = None
        self._targets: list[float] | None = None
        self._drive_ns = self._targets_ns = 0

    @property
    def estop(self) -> bool:
        """Whether the emergency stop is pressed."""
        return self._estop

    @estop.setter
    def estop(self, pressed: bool) -> None:
        self._estop = pressed
        self._forget()

    @property
    def native(self) -> bool:
        """Whether somebody drives past our commands."""
        return self._native

    @native.setter
    def native(self, taken: bool) -> None:
        self._native = taken
        self._forget()

    # --- commands -------------------------------------------------------------------------------

    def drive(self, vx: float, wz: float, now_ns: int, vy: float = 0.0) -> None:
        """Set the base's speed, m/s and rad/s, until the next command or the time-out."""
        if not (self._native or self._estop):
            self._drive = tuple(map(_within, (vx, vy, wz), self._limits))
            self._drive_ns = now_ns

    def move(self, targets: Mapping[str, float], now_ns: int) -> None:
        """Send joints to positions, rad or m; the others stay where they are."""
        if self._native or self._estop:
            return
        goal = self._targets or list(self.joints)
        for name, position in targets.items():
            spec = self._specs[self._index[name]]
            goal[self._index[name]] = min(max(position, spec.lower), spec.upper)
        self._targets, self._targets_ns = goal, now_ns

    # --- motion ---------------------------------------------------------------------------------

    def step(self, now_ns: int) -> None:
        """Let time pass up to now."""
        last = now_ns if self._now_ns is None else self._now_ns
        dt = min((now_ns - last) / SECOND, LONGEST_STEP)
        self._now_ns = now_ns
        if dt > 0.0:
            self._expire(now_ns)
            before = self.vx
            self._move_base(dt)
            self._roll(dt)
            self._move_joints(dt)
            self.ax = (self.vx - before) / dt

    def _expire(self, now_ns: int) -> None:
        if now_ns - self._drive_ns > self._timeout_ns:
            self._drive = None
        if now_ns - self._targets_ns > self._timeout_ns:
            self._targets = None

    def _move_base(self, dt: float) -> None:
        speeds = self.vx, self.vy, self.wz
        drive = (0.0, 0.0, min(NATIVE_TURN, self._limits[2])) if self._native else self._drive
        if self._estop:
            speeds = 0.0, 0.0, 0.0
        elif drive is None:
            speeds = tuple(_braked(speed, brake * dt)  # type: ignore[assignment]
                           for speed, brake in zip(speeds, self._brakes, strict=True))
        else:
            share = 1.0 - math.exp(-dt / DRIVE_LAG)
            speeds = tuple(_approached(speed, goal, share)  # type: ignore[assignment]
                           for speed, goal in zip(speeds, drive, strict=True))
        self.vx, self.vy, self.wz = speeds

    def _roll(self, dt: float) -> None:
        middle = self.theta + self.wz * dt / 2
        ahead, aside = self.vx * dt, self.vy * dt
        dx = ahead * math.cos(middle) - aside * math.sin(middle)
        dy = ahead * math.sin(middle) + aside * math.cos(middle)
        self.blocked = self.course.blocks(self.x, self.y, dx, dy, RADIUS)
        if self.blocked:
            self.vx = self.vy = 0.0
        else:
            self.x, self.y = self.x + dx, self.y + dy
        self.theta = math.remainder(self.theta + self.wz * dt, math.tau)

    def _move_joints(self, dt: float) -> None:
        if self._targets is None:
            self.speeds = [0.0] * len(self.speeds)
            return
        share = (1.0 - math.exp(-dt / JOINT_LAG)) / dt
        for i, (spec, goal) in enumerate(zip(self._specs, self._targets, strict=True)):
            self.speeds[i] = _within((goal - self.joints[i]) * share, spec.velocity)
            self.joints[i] += self.speeds[i] * dt

    def snapshot(self, stamp_ns: int) -> Snapshot:
        """Return the robot as it is now, for another thread."""
        return Snapshot(stamp_ns, self.x, self.y, self.theta, self.vx, self.wz,
                        tuple(self.joints))


def _within(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)


def _approached(speed: float, goal: float, share: float) -> float:
    left = (goal - speed) * (1.0 - share)
    return goal - left if abs(left) > SETTLED else goal


def _braked(speed: float, change: float) -> float:
    return math.copysign(max(0.0, abs(speed) - change), speed)
