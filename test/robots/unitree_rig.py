"""A fake of Unitree's and its adapter over real DDS, on a bus in a domain of its own."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from geometry_msgs.msg import TwistStamped
import pytest

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.wire import event_from_status
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from flywheel_nodes.sim.fake_robot import FakeRobot
from test.harness import Bench

NEUTRAL = (topics.JOINT_STATES, topics.IMU, topics.ODOM, topics.BATTERY, topics.ESTOP,
           topics.CONTROL_OWNER, topics.ROBOT_MODE, topics.DIAGNOSTICS, topics.EVENTS,
           topics.APPLIED_CMD_VEL)


class Rig:
    """One robot; settings: parameters of both nodes, such as where the robot's bus is."""

    fake: Any
    metrics: Any

    def __init__(self, bench: Bench, robot: str, **settings: Any) -> None:
        self.bench = bench
        self.until = bench.until
        self._settings = {'robot': robot, 'native_discovery': 'localhost', **settings}
        bench.probe.listen(*NEUTRAL)

    def start_fake(self, **settings: Any) -> 'Rig':
        """Switch the robot on."""
        self.fake = self.bench.start('fake_robot', FakeRobot,
                                     **{**self._settings, 'camera_rate': 0.0, **settings})
        return self

    def start_adapter(self, **settings: Any) -> 'Rig':
        """Begin to command it."""
        self.bench.start('robot_adapter', RobotAdapter,
                         **{**self._settings, 'commander': 'probe', **settings})
        self.metrics = self.bench.running[-1][0].metrics
        return self

    def fault(self, name: str, on: bool = True) -> None:
        """Switch a fault of the fake."""
        self.fake.fake.faults[name](on)

    # --- what is heard --------------------------------------------------------------------------

    def heard(self, topic: topics.Topic) -> list[Any]:
        """Return all messages of a neutral topic."""
        return self.bench.probe.heard[topic.name]

    def last(self, topic: topics.Topic) -> Any:
        """Return the newest message of a topic, waiting for the first."""
        self.until(lambda: self.heard(topic), topic.name)
        return self.heard(topic)[-1]

    def events(self, name: EventName) -> list[Event]:
        """Return the events of a name."""
        found = (event_from_status(m.status[0]) for m in self.heard(topics.EVENTS))
        return [event for event in found if event.name is name]

    def told(self, name: EventName, words: str = '') -> Event:
        """Return the first event of a name with some words in its sentence, waiting for it."""
        def found() -> Event | None:
            return next((one for one in self.events(name) if words in one.sentence), None)
        event: Event = self.until(found, f'{name} with {words!r}')
        return event

    def owned(self, by: str = 'flywheel') -> None:
        """Wait for an owner of the robot."""
        self.until(lambda: self.last(topics.CONTROL_OWNER).data == by, f'owner {by}')

    def mode(self, said: str) -> None:
        """Wait for a mode of the robot."""
        self.until(lambda: self.last(topics.ROBOT_MODE).data == said, f'mode {said}')

    def count(self, name: str) -> float:
        """Return a counter of commands."""
        return float(self.metrics.cell(name, topic=topics.ROBOT_CMD_VEL.name).value)

    # --- what is commanded ----------------------------------------------------------------------

    def drive(self, until: Callable[[], Any], what: str, *, vx: float = 0.0, vy: float = 0.0,
              wz: float = 0.0) -> Any:
        """Command a speed again and again until something follows."""
        command = TwistStamped()
        command.twist.linear.x, command.twist.linear.y, command.twist.angular.z = vx, vy, wz
        return self.until(until, what, each=lambda: self.bench.probe.publish(
            topics.ROBOT_CMD_VEL, command))


@contextmanager
def rig(bench: Bench, robot: str) -> Iterator[Rig]:
    """Give a robot a bus in a domain of its own, and both nodes the profile it needs."""
    with closing(Domain()) as domain, pytest.MonkeyPatch.context() as patch:
        patch.setenv(dds_profile.VARIABLE, str(dds_profile.path_of(load_robot(robot))))
        yield Rig(bench, robot, native_domain=domain.number)
