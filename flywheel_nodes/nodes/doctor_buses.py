"""
What `flywheel doctor` sees and hears on our bus and on the robot's.

It listens and looks at the graph. It publishes nothing, and the only thing it asks for are three
parameters of robot_adapter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
import os
import time
from typing import Any

from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.context import Context
from rclpy.node import Node

from flywheel_nodes.adapters.base import Adapter
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import AdapterConfig
from flywheel_nodes.core.doctor import buses
from flywheel_nodes.core.doctor.buses import Expected, Heard
from flywheel_nodes.core.doctor.finding import Finding, wrong
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.robot import Native, Robot
from flywheel_nodes.core.topics import absolute, CLOCK, find, Topic
from flywheel_nodes.nodes.adapter_checks import Checks
from flywheel_nodes.nodes.inlet import Arrival, Inlet, Tap
from flywheel_nodes.nodes.messages import from_cdr, message_class, to_ns, to_qos
from flywheel_nodes.nodes.native_side import NativeSide

QUEUE = 1000
FOUND_S, ANSWERED_S = 1.5, 1.0
WHERE = ('native_domain', 'native_namespace', 'native_discovery')


class Listener:
    """A node of ours that only listens."""

    def __init__(self, namespace: str, context: Context | None = None) -> None:
        """Join our bus."""
        self.node = Node('doctor', namespace=namespace, context=context, enable_rosout=False,
                         start_parameter_services=False)
        self.inlet = Inlet(self.node)
        self.name, self.namespace = 'doctor', namespace

    def subscribe(self, topic: Topic, callback: Callable[[Any, Arrival], None], *,
                  raw: bool = False, sampled: bool = False, inlet: Inlet | None = None,
                  name: str = '') -> Tap:
        """Subscribe as a Shell does, with nothing counted."""
        return (inlet or self.inlet).subscribe(
            message_class(topic.type), name or absolute(topic.name, self.namespace),
            to_qos(topic.qos, QUEUE), callback, raw=raw)

    def seen(self) -> set[str]:
        """Return the names of the nodes in our namespace."""
        return {name for name, space in self.node.get_node_names_and_namespaces()
                if space.rstrip('/') == self.namespace.rstrip('/')}

    def close(self) -> None:
        """Leave the bus."""
        self.node.destroy_node()


class Ear:
    """What came on one topic."""

    def __init__(self, topic: Topic) -> None:
        """Begin with nothing."""
        self._topic = topic
        self._heard = Heard()
        self._last: tuple[bytes, int] = b'', 0

    def hear(self, data: bytes, arrival: Arrival) -> None:
        """Take note of a message."""
        first = self._heard.first_ns or arrival.mono_ns
        self._heard = Heard(self._heard.messages + 1, first, arrival.mono_ns)
        self._last = data, arrival.received_ns

    def heard(self) -> Heard:
        """Return what came; of a latched message the age says nothing."""
        data, received = self._last
        if not data or self._topic.qos.latched:
            return self._heard
        try:
            message = from_cdr(data, message_class(self._topic.type))
        except WireError:
            return self._heard
        stamp = getattr(getattr(message, 'header', None), 'stamp', None)
        told = to_ns(stamp) if stamp else 0  # drivers that have no time leave it at 0
        return replace(self._heard, stamp_ns=received - told if told else None)


@dataclass(frozen=True)
class Wanted:
    """
    What to listen to.

    native: where the robot's own topics are, None: do not go there; ours: the neutral topics are
    to be heard, too.
    """

    robot: Robot
    adapter: Adapter
    native: Native | None
    ours: bool


class Buses:
    """Both buses, listened to while step() is called."""

    def __init__(self, listener: Listener, wanted: Wanted) -> None:
        """Join the robot's bus, and begin to listen."""
        self._listener = listener
        self._wanted = wanted
        self._started_ns = time.monotonic_ns()
        self._neutral = self._listen_to_ours() if wanted.ours else {}
        self._side = NativeSide(listener, wanted.native) if wanted.native else None
        self._native = {topic: Ear(topic) for topic in wanted.adapter.by_native()}
        if self._side:
            for topic, ear in self._native.items():
                self._side.subscribe(topic, ear.hear, raw=True)

    def _listen_to_ours(self) -> dict[Topic, Ear]:
        rows = ((name, find(name)) for name in self._wanted.robot.rates)
        ears = {replace(row, name=name): Ear(row) for name, row in rows if row}
        for topic, ear in ears.items():
            self._listener.subscribe(topic, ear.hear, raw=True)
        return ears

    def step(self, now: Now) -> None:
        """Take what has arrived."""
        self._listener.inlet.drain(now.wall_minus_mono, now.mono)
        if self._side:
            self._side.drain(now)

    def findings(self) -> Iterator[Finding]:
        """Yield what was found until now."""
        took = (time.monotonic_ns() - self._started_ns) / SECOND
        if self._side:
            yield from self._of_robot(self._side, took)
        for topic, ear in self._neutral.items():
            expected = Expected(topic.name, self._wanted.robot.rates[topic.name], False, 'our')
            name = absolute(topic.name, self._listener.namespace)
            yield from self._judged(self._listener.node, name, expected, ear, took)

    def _of_robot(self, side: NativeSide, took: float) -> Iterator[Finding]:
        adapter, native = self._wanted.adapter, self._wanted.native
        assert native
        if self._nobody(side):
            yield buses.nothing_there(len(self._native), _domain(native), native.domain >= 0)
            return
        problems = list(_checked(side, adapter, self._listener.namespace))
        for problem in problems:
            yield wrong('robot', problem.sentence, problem.remedy)
        told = {problem.key.split()[1] for problem in problems}
        for topic, ear in self._native.items():
            name = side.name(topic.name)
            if name not in told or ear.heard().messages:
                yield from self._judged(side.node, name, self._expected(topic), ear, took)

    def _nobody(self, side: NativeSide) -> bool:
        commands = {command.native.name for command in self._wanted.adapter.commands}
        return not any(side.node.count_publishers(side.name(topic.name)) for topic in self._native
                       ) and not any(side.node.count_subscribers(side.name(name))
                                     for name in commands - {t.name for t in self._native})

    def _expected(self, topic: Topic) -> Expected:
        adapter, rates = self._wanted.adapter, self._wanted.robot.rates
        wanted = [rates[route.neutral.name] for route in adapter.by_native()[topic]
                  if route.neutral.name in rates]
        return Expected(topic.name, max(wanted, default=topic.rate), topic in adapter.needs)

    @staticmethod
    def _judged(node: Node, name: str, expected: Expected, ear: Ear,
                took: float) -> list[Finding]:
        heard = ear.heard()
        if node.count_publishers(CLOCK):  # simulated time: stamps are not of this clock
            heard = replace(heard, stamp_ns=None)
        return buses.topic(expected, node.count_publishers(name), heard, took)

    def close(self) -> None:
        """Leave the robot's bus."""
        if self._side:
            self._side.close()


def _checked(side: NativeSide, adapter: Adapter, namespace: str) -> Iterator[Any]:
    ours = frozenset({absolute('robot_adapter', namespace), side.name('flywheel_robot_adapter')})
    checks, now = Checks(side, adapter, ours), 0
    while not checks.looked:
        checks.look(now)
        now += SECOND
    yield from checks.problems


def _domain(native: Native) -> int:
    return native.domain if native.domain >= 0 else int(os.environ.get('ROS_DOMAIN_ID') or 0)


def where(listener: Listener) -> AdapterConfig | None:
    """Return where robot_adapter, which runs, has the robot's bus; None: it does not answer."""
    client = listener.node.create_client(
        GetParameters, absolute('robot_adapter/get_parameters', listener.namespace))
    try:
        if not client.wait_for_service(FOUND_S):
            return None
        future = client.call_async(GetParameters.Request(names=list(WHERE)))
        rclpy.spin_until_future_complete(listener.node, future, timeout_sec=ANSWERED_S)
        values = future.result().values if future.done() else []
    finally:
        listener.node.destroy_client(client)
    if len(values) != len(WHERE):
        return None
    domain, namespace, discovery = values
    return AdapterConfig(native_domain=domain.integer_value,
                         native_namespace=namespace.string_value,
                         native_discovery=discovery.string_value)
