"""
sim_robot: the embedded robot, as a vendor's driver would be, with faults on demand.

It speaks native topics only (adapters/sim.py), but its camera driver is an ordinary ROS one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math
from typing import Any

from rclpy.publisher import Publisher
from std_msgs.msg import Bool, String

from flywheel_nodes.adapters import sim as native
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import SimRobotConfig
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.shell import Answer, run, Shell
from flywheel_nodes.sim.camera_feed import CameraFeed
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.every import Every
from flywheel_nodes.sim.readings import DRAIN_PER_HOUR, Readings
from flywheel_nodes.sim.world import World

CHARGE, LOW_CHARGE = 0.92, 0.08
WARM, HOT = 38.0, 96.0


@dataclass
class _Sensor:
    """One native topic: when it is due and what it says, for wall time in ns."""

    out: Publisher
    every: Every
    read: Callable[[int], Any]


class SimRobot:
    """The component of sim_robot."""

    def __init__(self, shell: Shell) -> None:
        """Put the robot at the start of its course."""
        self._shell = shell
        self._config: SimRobotConfig = shell.config
        course = Course()
        self.world = World(shell.robot, course, self._config.command_timeout)
        self._hot = self._low = False
        self._started: int | None = None
        self._charge = CHARGE
        self._sensors = self._make_sensors()
        self._cameras = [CameraFeed(shell, name, course) for name in shell.robot.cameras]
        self._frame = self._every(self._config.camera_rate or 1.0)
        self._status = self._every(2.0)
        self._told = ('', '', False)
        self._estop, self._owner, self._mode = (
            shell.publisher(topic) for topic in (native.ESTOP, native.OWNER, native.MODE))
        shell.subscribe(native.CMD_VEL, self._drive)
        shell.subscribe(native.JOINT_COMMAND, self._move)
        for name, switch in self._faults().items():
            shell.switch(name, switch)

    def _every(self, rate: float) -> Every:
        return Every(rate, self._config.rate)

    def _make_sensors(self) -> list[_Sensor]:
        readings = Readings(self._shell.robot, self.world)
        table: tuple[tuple[Topic, float, Callable[[int], Any]], ...] = (
            (native.JOINT_STATES, self._config.rate, readings.joints),
            (native.IMU, 100.0, readings.imu),
            (native.ODOM, 50.0, readings.odom),
            (native.BATTERY, 1.0, lambda wall: readings.battery(wall, self._charge)),
            (native.DIAGNOSTICS, 1.0, lambda wall: readings.temperatures(wall, self._heat())))
        return [_Sensor(self._shell.publisher(topic), self._every(rate), read)
                for topic, rate, read in table]

    # --- commands -------------------------------------------------------------------------------

    def _drive(self, message: Any, arrival: Arrival) -> None:
        vx, wz = message.twist.linear.x, message.twist.angular.z
        if not (math.isfinite(vx) and math.isfinite(wz)):
            raise WireError(f'speeds {vx}, {wz} are not finite')
        self.world.drive(vx, wz, arrival.mono_ns)

    def _move(self, message: Any, arrival: Arrival) -> None:
        last = message.points[-1].positions if message.points else ()
        targets = dict(zip(message.joint_names, last, strict=False))
        if not targets or not all(map(math.isfinite, targets.values())):
            raise WireError('no finite positions')
        try:
            self.world.move(targets, arrival.mono_ns)
        except KeyError as error:
            raise WireError(f'no joint named {error}') from None

    # --- faults ---------------------------------------------------------------------------------

    def _faults(self) -> dict[str, Callable[[bool], Answer]]:
        def switch(what: str, set_: Callable[[bool], None]) -> Callable[[bool], Answer]:
            def serve(on: bool) -> Answer:
                set_(on)
                return True, f'{what}: {"on" if on else "off"}'
            return serve
        return {name: switch(name, set_) for name, set_ in (
            ('camera_freeze', lambda on: self._set_cameras('frozen', on)),
            ('camera_black', lambda on: self._set_cameras('dark', on)),
            ('joint_overheat', lambda on: setattr(self, '_hot', on)),
            ('battery_low', lambda on: setattr(self, '_low', on)),
            ('estop', lambda on: setattr(self.world, 'estop', on)),
            ('native_takeover', lambda on: setattr(self.world, 'native', on)))}

    def _set_cameras(self, fault: str, on: bool) -> None:
        for camera in self._cameras:
            setattr(camera, fault, on)

    def _heat(self) -> dict[str, float]:
        joints = self._shell.robot.joints
        hot = joints[len(joints) // 2].name if self._hot else ''
        return {joint.name: HOT if joint.name == hot else WARM for joint in joints}

    # --- the loop -------------------------------------------------------------------------------

    def step(self, now: Now) -> None:
        """Let time pass in the world, then say what the sensors see."""
        self.world.step(now.mono)
        self._drain_battery(now.mono)
        for sensor in self._sensors:
            if sensor.every.due(now.mono):
                sensor.out.publish(sensor.read(now.wall))
        self._tell_status(now.mono)
        if self._config.camera_rate and self._frame.due(now.mono):
            seen = self.world.snapshot(now.wall)
            for camera in self._cameras:
                camera.offer(seen)

    def _drain_battery(self, now_ns: int) -> None:
        self._started = self._started or now_ns
        hours = (now_ns - self._started) / SECOND / 3600.0
        self._charge = LOW_CHARGE if self._low else max(0.2, CHARGE - DRAIN_PER_HOUR * hours)

    def _tell_status(self, now_ns: int) -> None:
        world = self.world
        owner = native.PENDANT if world.native else native.SDK
        mode = 'stopped' if world.estop else 'remote' if world.native else 'ready'
        status = (owner, mode, world.estop)
        if self._status.due(now_ns) or status != self._told:
            self._told = status
            self._estop.publish(Bool(data=world.estop))
            self._owner.publish(String(data=owner))
            self._mode.publish(String(data=mode))

    def close(self) -> None:
        """End the cameras' threads."""
        for camera in self._cameras:
            camera.close()


def main(args: Sequence[str]) -> int:
    """Run sim_robot."""
    return run('sim_robot', SimRobotConfig, SimRobot, args)
