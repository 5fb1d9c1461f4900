"""
The physics of the embedded robot: a differential base and position-driven joints.

No ROS, no clock, no randomness: the same commands at the same times give the same motion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import math

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.sim.course import Course

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
        :raises ConfigError: for a robot whose base is not driven by vx and wz
        """
        if [axis.name for axis in robot.base] != ['vx', 'wz']:
            raise ConfigError(f'{robot.robot}: the embedded robot has a base of vx and wz, in '
                              'this order: correct base in the robot file')
        self.course = course
        self.x = self.y = self.theta = 0.0
        self.vx = self.wz = self.ax = 0.0
        self.joints = [(joint.lower + joint.upper) / 2 for joint in robot.joints]
        self.speeds = [0.0 for _ in robot.joints]
        self.blocked = False
        self._specs = robot.joints
        self._index = {joint.name: i for i, joint in enumerate(robot.joints)}
        self._vx, self._wz = robot.base
        self._timeout_ns = int(command_timeout * SECOND)
        self._now_ns: int | None = None
        self._estop = self._native = False
        self._forget()

    def _forget(self) -> None:
        self._drive: tuple[float, float] | None = None
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

    def drive(self, vx: float, wz: float, now_ns: int) -> None:
        """Set the base's speed, m/s and rad/s, until the next command or the time-out."""
        if not (self._native or self._estop):
            self._drive = (_within(vx, self._vx.velocity), _within(wz, self._wz.velocity))
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
            self._turn_wheels(dt)
            self._roll(dt)
            self._move_joints(dt)
            self.ax = (self.vx - before) / dt

    def _expire(self, now_ns: int) -> None:
        if now_ns - self._drive_ns > self._timeout_ns:
            self._drive = None
        if now_ns - self._targets_ns > self._timeout_ns:
            self._targets = None

    def _turn_wheels(self, dt: float) -> None:
        if self._estop:
            self.vx = self.wz = 0.0
            return
        drive = (0.0, NATIVE_TURN) if self._native else self._drive
        if drive is None:
            self.vx = _braked(self.vx, self._vx.stop_deceleration * dt)
            self.wz = _braked(self.wz, self._wz.stop_deceleration * dt)
            return
        share = 1.0 - math.exp(-dt / DRIVE_LAG)
        self.vx = _approached(self.vx, drive[0], share)
        self.wz = _approached(self.wz, drive[1], share)

    def _roll(self, dt: float) -> None:
        middle = self.theta + self.wz * dt / 2
        dx, dy = self.vx * math.cos(middle) * dt, self.vx * math.sin(middle) * dt
        self.blocked = self.course.blocks(self.x, self.y, dx, dy, RADIUS)
        if self.blocked:
            self.vx = 0.0
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
