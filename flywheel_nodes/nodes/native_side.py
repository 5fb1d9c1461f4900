"""
The robot's own bus: within our domain, or in a context of its own in the robot's domain.

With a domain of its own for the robot, nothing of ours but the adapter is ever on its bus.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
import os
import threading
from typing import Any, Protocol

from rclpy.client import Client
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher

from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.robot import Native
from flywheel_nodes.core.topics import absolute, Topic
from flywheel_nodes.effects.domains import discovery
from flywheel_nodes.nodes.distro import PublisherEventCallbacks, ros
from flywheel_nodes.nodes.inlet import Arrival, Inlet, Tap
from flywheel_nodes.nodes.messages import message_class, to_qos


class Host(Protocol):
    """What of ours joins a robot's bus: a Shell, or a mere listener."""

    @property
    def name(self) -> str:
        """The node's name."""

    @property
    def namespace(self) -> str:
        """The robot's namespace on our bus."""

    @property
    def node(self) -> Node:
        """The node on our bus."""

    @property
    def inlet(self) -> Inlet:
        """Its subscriptions, drained by their owner."""

    def subscribe(self, topic: Topic, callback: Callable[[Any, Arrival], None], *,
                  raw: bool = False, sampled: bool = False, inlet: Inlet | None = None,
                  name: str = '') -> Tap:
        """Subscribe; inlet: of another node; name: the topic's there."""


class NativeSide:
    """The publishers, subscriptions and service clients on the robot's bus."""

    def __init__(self, host: Host, where: Native) -> None:
        """Join the robot's bus; where.domain -1: it is our own."""
        self._host = host
        self._namespace = where.namespace or host.namespace
        self._stack = ExitStack()
        self._context: Context | None = None
        self.node: Node = host.node
        self.inlet: Inlet = host.inlet
        if where.domain >= 0:
            self._join(where, f'flywheel_{host.name}')
        self._executor: SingleThreadedExecutor | None = None
        self._thread: threading.Thread | None = None

    def _join(self, where: Native, name: str) -> None:
        with _environment(discovery(os.environ, where.discovery)):
            self._context = self._stack.enter_context(ros((), Context(), where.domain))
        self.node = Node(name, context=self._context, namespace=self._namespace,
                         enable_rosout=False, start_parameter_services=False)
        self.inlet = Inlet(self.node)

    def name(self, relative: str) -> str:
        """Return the full name of a native topic or service."""
        return absolute(relative, self._namespace)

    def publisher(self, topic: Topic) -> Publisher:
        """Return a publisher of a native topic; whom it cannot reach is the checks' business."""
        return self.node.create_publisher(
            message_class(topic.type), self.name(topic.name), to_qos(topic.qos),
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=False))

    def subscribe(self, topic: Topic, callback: Callable[[Any, Arrival], None], *,
                  raw: bool = False, sampled: bool = False) -> None:
        """Subscribe to a native topic, as Shell.subscribe() does to ours."""
        self._host.subscribe(topic, callback, raw=raw, sampled=sampled, inlet=self.inlet,
                              name=self.name(topic.name))

    def client(self, type_: str, name: str) -> Client:
        """Return a client of a native service; its futures end in another thread."""
        client = self.node.create_client(message_class(type_), self.name(name))
        self.start_answering()
        return client

    def start_answering(self) -> None:
        """Have a thread wait for services and their answers; on our own bus the shell has one."""
        if self._context and not self._thread:
            self._executor = SingleThreadedExecutor(context=self._context)
            self._executor.add_node(self.node)
            self._thread = threading.Thread(target=self._answer, name='native', daemon=True)
            self._thread.start()

    def _answer(self) -> None:
        assert self._executor
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return

    def drain(self, now: Now) -> None:
        """Hand out what arrived on a bus of its own; on ours the shell does it."""
        if self._context:
            self.inlet.drain(now.wall_minus_mono, now.mono)

    def close(self) -> None:
        """Leave the robot's bus."""
        if not self._context:
            return
        if self._executor and self._thread:
            self._executor.shutdown()
            self._thread.join()
        self.node.destroy_node()
        self._stack.close()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Have the middleware read other values while a context begins."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
