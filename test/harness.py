"""Real nodes in one process over real DDS, stepped by the test, and a probe that talks to them."""

from collections.abc import Callable, Sequence
from pathlib import Path
import time
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor

from flywheel_nodes.core import topics
from flywheel_nodes.core.config import Common
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.nodes.shell import Component, Shell

TIMEOUT = 20.0
ASK_AGAIN = 5.0  # a request may have gone to a server that was killed and is not missed yet


class Probe:
    """A plain rclpy node that publishes, listens and calls services for a test."""

    def __init__(self, namespace: str) -> None:
        """Make the node."""
        self.node = rclpy.create_node('probe', namespace=namespace)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.heard: dict[str, list[Any]] = {}
        self._publishers: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}

    def listen(self, *wanted: topics.Topic) -> None:
        """Keep every message of these topics in heard[NAME]."""
        for topic in wanted:
            messages = self.heard.setdefault(topic.name, [])
            self.node.create_subscription(message_class(topic.type), topic.name, messages.append,
                                          to_qos(topic.qos, 100))

    def publisher(self, topic: topics.Topic) -> Any:
        """Return the probe's publisher of a topic."""
        if topic.name not in self._publishers:
            self._publishers[topic.name] = self.node.create_publisher(
                message_class(topic.type), topic.name, to_qos(topic.qos))
        return self._publishers[topic.name]

    def publish(self, topic: topics.Topic, message: Any) -> None:
        """Publish a message."""
        self.publisher(topic).publish(message)

    def client(self, type_: Any, name: str) -> Any:
        """Return the probe's client of a service."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(type_, name)
        return self._clients[name]

    def spin(self) -> None:
        """Take what has arrived."""
        self.executor.spin_once(timeout_sec=0.0)


class Bench:
    """The nodes under test and the probe."""

    def __init__(self, namespace: str, folder: Path) -> None:
        """Begin with the probe alone."""
        self.namespace = namespace
        self.folder = folder
        self.probe = Probe(namespace)
        self.running: list[tuple[Shell, Component]] = []

    def start(self, name: str, make: Callable[[Shell], Component], **params: Any) -> Any:
        """Start a node of the process table with parameters; return its component."""
        shell = Shell(name, config_class(name), ros_args(self.namespace, {
            'data_dir': str(self.folder), **params}))
        try:
            component = make(shell)
        except ConfigError:
            shell.close()
            raise
        shell.serve()
        self.running.append((shell, component))
        return component

    def step(self) -> None:
        """Run one loop of every node and of the probe."""
        for shell, component in self.running:
            shell.step(component)
        self.probe.spin()

    def until(self, condition: Callable[[], Any], what: str, *,
              each: Callable[[], None] = lambda: None, timeout: float = TIMEOUT) -> Any:
        """Step until the condition holds and return its value; fail after a timeout in s."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            each()
            self.step()
            value = condition()
            if value:
                return value
            time.sleep(0.002)
        raise AssertionError(f'not within {timeout:g} s: {what}')

    def call(self, type_: Any, name: str, request: Any) -> Any:
        """Call a service while everything keeps stepping."""
        client = self.probe.client(type_, name)
        self.until(client.service_is_ready, f'service {name}')
        end = time.monotonic() + TIMEOUT
        while True:
            future = client.call_async(request)
            try:
                self.until(future.done, f'answer of {name}', timeout=ASK_AGAIN)
            except AssertionError:
                if time.monotonic() > end:
                    raise
            else:
                return future.result()

    def close(self) -> None:
        """End all nodes."""
        for shell, component in self.running:
            component.close()
            shell.close()
        self.probe.executor.shutdown()
        self.probe.node.destroy_node()


def config_class(name: str) -> type[Common]:
    """Return the configuration of a process."""
    return next(p.config for p in PROCESSES if p.name == name)


def ros_args(namespace: str, params: dict[str, Any]) -> Sequence[str]:
    """Return the command line that gives a node its namespace and parameters."""
    args = ['--ros-args', '-r', f'__ns:={namespace}']
    for name, value in params.items():
        args += ['-p', f'{name}:={str(value).lower() if isinstance(value, bool) else value}']
    return args
