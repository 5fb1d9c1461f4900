"""A robot behind ros2_control that is not there: its broadcasters, and its controllers' rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
import math
from typing import Any

from flywheel_nodes.adapters import ros2_control as native
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_ns
from flywheel_nodes.sim.fakes.drivers import Driver, speeds
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.fakes.wheels import Gear, LEFT, RIGHT, Wheels
from flywheel_nodes.sim.readings import Readings

GEAR = Gear({'left_wheel_joint': LEFT, 'right_wheel_joint': RIGHT}, radius=0.1, separation=0.5)


@dataclass(frozen=True)
class Segment:
    """What a trajectory controller follows: joints from where they were to where they shall be."""

    start: Mapping[str, float]
    end: Mapping[str, float]
    start_ns: int
    took_ns: int

    def at(self, now_ns: int) -> dict[str, float]:
        """Return where the joints shall be now; at the end they are held."""
        share = min(max((now_ns - self.start_ns) / self.took_ns, 0.0), 1.0)
        return {name: (1.0 - share) * self.start[name] + share * end
                for name, end in self.end.items()}


class Fake:
    """One robot with a base, joints, or both."""

    def __init__(self, kit: Kit) -> None:
        """Activate its controllers."""
        self._kit = kit
        self._driver = Driver(kit)
        self.faults = dict(self._driver.faults)
        self._names = [joint.name for joint in kit.robot.joints]
        self._segment: Segment | None = None
        self._wheels = Wheels(kit.world, GEAR)
        self._readings = Readings(kit.robot, kit.world)
        self._driver.tell(native.JOINT_STATES, 50.0, self._joint_states)
        self._tell_sensors(kit.robot.options)
        if kit.robot.base:
            self._driver.tell(native.odom(kit.robot), 50.0, self._readings.odom)
            self._driver.obey(native.cmd_vel(kit.robot), self._drive)
        if kit.robot.joints:
            self._driver.obey(native.arm(kit.robot), self._follow)

    def _tell_sensors(self, options: Mapping[str, str]) -> None:
        if 'imu' in options:
            self._driver.tell(native.imu(options['imu']), 100.0, self._readings.imu)
        if 'battery' in options:
            self._driver.tell(native.battery(options['battery']), 1.0, self._battery)

    def _battery(self, wall_ns: int) -> Any:
        return self._readings.battery(wall_ns, self._driver.charge)

    def _joint_states(self, wall_ns: int) -> Any:
        message = self._readings.joints(wall_ns)
        if not self._kit.robot.base:
            return message
        wheels = self._wheels.read(wall_ns)
        wheels.name = [*message.name, *wheels.name]
        wheels.position = message.position + wheels.position
        wheels.velocity = message.velocity + wheels.velocity
        return wheels

    # --- the controllers' rules -----------------------------------------------------------------

    def _drive(self, message: Any, arrival: Arrival) -> None:
        vx, wz = speeds(message, arrival)
        self._kit.world.drive(vx, wz, arrival.mono_ns)

    def _follow(self, message: Any, arrival: Arrival) -> None:
        measured = dict(zip(self._names, self._kit.world.joints, strict=True))
        # As with interpolate_from_desired_state, which docs/robots asks for.
        start = self._segment.at(arrival.mono_ns) if self._segment else measured
        self._segment = Segment(start, aims(message, self._names), arrival.mono_ns,
                                lasts(message, arrival.received_ns))

    def step(self, now: Now) -> None:
        """Let the wheels turn, and the joints follow their trajectory or hold its end."""
        self._wheels.step(now.mono)
        if self._segment:
            self._kit.world.move(self._segment.at(now.mono), now.mono)


def aims(message: Any, names: list[str]) -> dict[str, float]:
    """Return where a trajectory ends; raises WireError where a controller refuses it."""
    if sorted(message.joint_names) != sorted(names):
        raise WireError("the joints are not the controller's joints, all of them")
    if not message.points:
        raise WireError('an empty trajectory')
    last = message.points[-1]
    if len(last.positions) != len(names) or not all(map(math.isfinite, last.positions)):
        raise WireError('a position is missing or not finite')
    if any(last.velocities):
        raise WireError('the trajectory does not end at rest')
    return dict(zip(message.joint_names, last.positions, strict=True))


def lasts(message: Any, wall_ns: int) -> int:
    """Return how long a trajectory goes on, in ns; raises WireError for one of the past."""
    times = [to_ns(point.time_from_start) for point in message.points]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise WireError('the times of the points do not increase')
    start = to_ns(message.header.stamp) or wall_ns
    left = start + times[-1] - wall_ns
    if left < 0:
        raise WireError(f'the trajectory ended {-left / SECOND:.2f} s ago')
    return max(left, 1)
