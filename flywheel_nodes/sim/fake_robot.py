"""fake_robot: a vendor's robot that is not there, on the robot's bus, with faults on demand."""

from collections.abc import Callable, Sequence

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.config import FakeRobotConfig
from flywheel_nodes.core.robot import native_of
from flywheel_nodes.nodes.shell import Answer, run, Shell
from flywheel_nodes.sim.camera_feed import CameraFeed
from flywheel_nodes.sim.every import Every
from flywheel_nodes.sim.fakes.kit import fake_of, Kit
from flywheel_nodes.sim.world import World


class FakeRobot:
    """The component of fake_robot."""

    def __init__(self, shell: Shell) -> None:
        """Switch the robot on; raises ConfigError for one that is not known."""
        config: FakeRobotConfig = shell.config
        self._kit = Kit(shell, native_of(shell.robot.native, config), config.drive_timeout)
        self.fake = fake_of(self._kit)
        self._cameras = [CameraFeed(shell, name, self._kit.world.course)
                         for name in shell.robot.cameras if config.camera_rate]
        self._frame = Every(config.camera_rate or 1.0, config.rate)
        for name in self.fake.faults:
            shell.switch(name, self._switch(name))

    def _switch(self, name: str) -> Callable[[bool], Answer]:
        def serve(on: bool) -> Answer:
            self.fake.faults[name](on)
            return True, f'{name}: {"on" if on else "off"}'
        return serve

    @property
    def world(self) -> World:
        """The robot's physics."""
        return self._kit.world

    def step(self, now: Now) -> None:
        """Let time pass."""
        self._kit.step(now)
        self.fake.step(now)
        if self._cameras and self._frame.due(now.mono):
            seen = self._kit.world.snapshot(now.wall)
            for camera in self._cameras:
                camera.offer(seen)

    def close(self) -> None:
        """End the cameras' threads and leave the bus."""
        for camera in self._cameras:
            camera.close()
        self._kit.side.close()


def main(args: Sequence[str]) -> int:
    """Run fake_robot."""
    return run('fake_robot', FakeRobotConfig, FakeRobot, args)
