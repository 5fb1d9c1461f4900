"""What every fake is made of: a world, sensors at their rates, ears, services, faults."""

from collections.abc import Callable
from dataclasses import dataclass
import importlib
import importlib.util
import threading
from typing import Any, Protocol

from rclpy.publisher import Publisher

from flywheel_nodes.adapters import kinds
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Native, Robot
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import message_class
from flywheel_nodes.nodes.native_side import NativeSide
from flywheel_nodes.nodes.shell import Shell
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.every import Every
from flywheel_nodes.sim.world import World

Switch = Callable[[bool], None]


class Fake(Protocol):
    """One kind of robot; faults: what can go wrong with it, on demand, by name."""

    faults: dict[str, Switch]

    def step(self, now: Now) -> None:
        """Keep the robot's own rules; the world's time has passed already."""


@dataclass
class _Sensor:
    out: Publisher
    every: Every
    read: Callable[[Now], Any]


class Side(NativeSide):
    """The robot's end of its bus: it offers services as well."""

    def serve(self, type_: str, name: str, handler: Callable[[Any, Any], None],
              turn: threading.Lock) -> None:
        """Offer a service; handler(request, answer) fills the answer, in its turn."""
        def answer(request: Any, response: Any) -> Any:
            with turn:
                handler(request, response)
            return response
        self.node.create_service(message_class(type_), self.name(name), answer)
        self.start_answering()


class Kit:
    """One robot that is not there: its physics and its end of the bus."""

    def __init__(self, shell: Shell, where: Native, command_timeout: float) -> None:
        """Put the robot at the start of the course; command_timeout: of its drives, in s."""
        self.shell = shell
        self.robot: Robot = shell.robot
        self.make = message_class
        self.world = World(self.robot, Course(), command_timeout)
        self.side = Side(shell, where)
        self._sensors: list[_Sensor] = []

    def sensor(self, topic: Topic, rate: float, read: Callable[[Now], Any]) -> None:
        """Publish what read() returns at a rate; None: nothing this time."""
        self._sensors.append(_Sensor(self.side.publisher(topic),
                                     Every(rate, self.shell.config.rate), read))

    def publisher(self, topic: Topic) -> Publisher:
        """Return a publisher of a native topic, for what is not said at a rate."""
        return self.side.publisher(topic)

    def hear(self, topic: Topic, callback: Callable[[Any, Arrival], None]) -> None:
        """Subscribe to a native topic."""
        self.side.subscribe(topic, callback)

    def serve(self, type_: str, name: str, handler: Callable[[Any, Any], None]) -> None:
        """Offer a native service; handler(request, answer) fills the answer, in our turn."""
        self.side.serve(type_, name, handler, self.shell.lock)

    def step(self, now: Now) -> None:
        """Let time pass in the world, and have the sensors speak."""
        self.side.drain(now)
        self.world.step(now.mono)
        for sensor in self._sensors:
            if sensor.every.due(now.mono):
                message = sensor.read(now)
                if message is not None:
                    sensor.out.publish(message)


def fake_of(kit: Kit) -> Fake:
    """Return the fake of the kind of robot that the robot's file names."""
    kinds.load(kit.robot)  # says what is wrong with the file
    name = f'flywheel_nodes.sim.fakes.{kit.robot.adapter}'
    if importlib.util.find_spec(name) is None:
        raise ConfigError(f'{kit.robot.robot}: nothing stands in for a robot of the kind '
                          f'{kit.robot.adapter}: leave fake_robot out')
    module = importlib.import_module(name)
    fake: Fake = module.Fake(kit)
    return fake
