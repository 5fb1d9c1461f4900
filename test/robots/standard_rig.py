"""
A fake that speaks standard messages and its adapter on one bus; the probe is the arbiter.

The fake is a participant of its own: within one, no topic can have two types.
"""

from collections.abc import Callable
from dataclasses import asdict
import os
from pathlib import Path
from typing import Any

from geometry_msgs.msg import TwistStamped
import yaml

from flywheel_nodes.core import topics
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.wire import event_from_status
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.robot_adapter import RobotAdapter
from flywheel_nodes.sim.fake_robot import FakeRobot
from test.harness import Bench

NEUTRAL = (topics.JOINT_STATES, topics.IMU, topics.ODOM, topics.BATTERY, topics.ESTOP,
           topics.CONTROL_OWNER, topics.DIAGNOSTICS, topics.EVENTS, topics.APPLIED_CMD_VEL,
           topics.APPLIED_JOINTS)


class Rig:
    """One robot; what a test changes in its file holds for the adapter, or for the fake alone."""

    def __init__(self, bench: Bench, robot: str, **where: Any) -> None:
        """Listen, and start nothing yet; where: parameters of the native bus."""
        self.bench, self._robot, self._where = bench, robot, where
        bench.probe.listen(*NEUTRAL)
        self.robot: Any = None

    def file(self, **changed: Any) -> str:
        """Return the path of the robot's file with fields changed."""
        folder = Path(self.bench.folder)
        path = folder / f'{self._robot}_{len(list(folder.iterdir()))}.yaml'
        content = _plain(asdict(load_robot(self._robot)) | changed)
        path.write_text(yaml.safe_dump(content), encoding='utf-8')
        return str(path)

    def start_fake(self, **changed: Any) -> 'Rig':
        """Switch the robot on."""
        where = {'native_domain': os.environ['ROS_DOMAIN_ID'], 'native_discovery': 'localhost'}
        self.robot = self.bench.start('fake_robot', FakeRobot, robot=self.file(**changed),
                                      rate=200.0, camera_rate=0.0, **self._where, **where)
        return self

    def start_adapter(self, **changed: Any) -> 'Rig':
        """Start the adapter."""
        self.bench.start('robot_adapter', RobotAdapter, commander='probe',
                         robot=self.file(**changed), **self._where)
        self.metrics = self.bench.running[-1][0].metrics
        return self

    def fault(self, name: str, on: bool) -> None:
        """Have the fake go wrong, or be well again."""
        self.robot.fake.faults[name](on)

    def heard(self, topic: topics.Topic) -> list[Any]:
        """Return the messages of a topic so far."""
        return self.bench.probe.heard[topic.name]

    def last(self, topic: topics.Topic) -> Any:
        """Return the newest message of a topic, waiting for the first."""
        self.until(lambda: self.heard(topic), topic.name)
        return self.heard(topic)[-1]

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Step until a condition holds."""
        return self.bench.until(condition, what)

    def owner(self, said: str) -> None:
        """Wait until the robot's owner is told to be somebody."""
        self.until(lambda: self.last(topics.CONTROL_OWNER).data == said, f'owner {said}')

    def told(self, name: EventName, words: str = '') -> str:
        """Wait for an event whose sentence has some words in it; return the sentence."""
        return str(self.until(lambda: next((said for said in self.sentences(name)
                                            if words in said), ''), f'{name} {words}'))

    def sentences(self, name: EventName) -> list[str]:
        """Return the sentences of the events of a name so far."""
        found = (event_from_status(m.status[0]) for m in self.heard(topics.EVENTS))
        return [event.sentence for event in found if event.name is name]

    def drive(self, until: Callable[[], Any], what: str, vx: float = 0.0, wz: float = 0.0) -> Any:
        """Command a speed of the base until something follows."""
        command = TwistStamped()
        command.twist.linear.x, command.twist.angular.z = vx, wz
        return self.send(topics.ROBOT_CMD_VEL, command, until, what)

    def send(self, topic: topics.Topic, message: Any, until: Callable[[], Any], what: str) -> Any:
        """Publish a message again and again until something follows."""
        return self.bench.until(until, what, each=lambda: self.bench.probe.publish(topic, message))

    def count(self, name: str, topic: topics.Topic = topics.ROBOT_CMD_VEL) -> float:
        """Return a counter of the adapter's command line."""
        return float(self.metrics.cell(name, topic=topic.name).value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
