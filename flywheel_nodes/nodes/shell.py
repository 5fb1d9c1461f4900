"""
What every node shares: parameters, the inlet, events, metrics, services and one loop.

A node is a component with a `step(now)`; run() gives it a shell and calls it at its rate. All of a
component runs in the loop's thread; services run in the executor's thread under the same lock.
"""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
import signal
import threading
import time
from typing import Any, Protocol

import rclpy
from rclpy.context import Context
from rclpy.exceptions import ParameterException, ROSInterruptException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.publisher import Publisher
from std_srvs.srv import SetBool, Trigger

from flywheel_nodes import __version__
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.config import Common
from flywheel_nodes.core.errors import ConfigError, FlywheelError, WireError
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.loss import UNKNOWN
from flywheel_nodes.core.metrics import Metrics
from flywheel_nodes.core.shedding import Pressure, Sheddable, Shedding
from flywheel_nodes.effects import clocks, scheduling
from flywheel_nodes.effects.config_files import default_data_dir, load_robot
from flywheel_nodes.effects.flag import Flag
from flywheel_nodes.effects.run_dir import Instance
from flywheel_nodes.nodes import distro, parameters
from flywheel_nodes.nodes.distro import ros
from flywheel_nodes.nodes.inlet import Arrival, Inlet, Tap
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.nodes.newest import Newest
from flywheel_nodes.nodes.voice import fresh_id, Voice

QUEUE = 50
Answer = tuple[bool, str]


class Component(Protocol):
    """What a node adds to the shell."""

    def step(self, now: Now) -> None:
        """Do one loop's work; received messages have been handed out before."""

    def close(self) -> None:
        """Let go of files and sockets."""


class Shell:
    """One node with everything our nodes share."""

    def __init__(self, name: str, config_class: type[Common], args: Sequence[str] = (), *,
                 context: Context | None = None) -> None:
        """
        Make the node.

        :param args: ROS arguments, e.g. --ros-args -r __ns:=/r1 -p rate:=50.0
        :raises ConfigError: for parameters, robot or data directory that cannot be used
        """
        self.context = context or rclpy.get_default_context()
        self.node = parameters.TellingNode(
            name, context=self.context, cli_args=list(args),
            automatically_declare_parameters_from_overrides=True)
        self.config: Any = parameters.declare(self.node, config_class)
        parameters.follow(self.node, lambda: self.config, self._swap)
        self.robot = load_robot(self.config.robot)
        self.data_dir = Path(self.config.data_dir or default_data_dir(self.config.robot))
        self.instance = Instance(self.data_dir, self.name)
        self.metrics = Metrics()
        self.metrics.begin(self.name)
        self.inlet = Inlet(self.node)
        self.lock = threading.Lock()
        self.stopping = Flag()
        self._pressure = Pressure()
        self._shedding: list[Shedding] = []
        self._newest: list[Newest] = []
        self._urgent: threading.Event | None = None
        self._period = SECOND
        self._later: deque[Callable[[], None]] = deque(maxlen=100)
        self._voice = Voice(self.node, self.publisher, self.metrics)
        self.emit, self.complain = self._voice.emit, self._voice.complain
        self.new_id = fresh_id
        self.started_ns = time.monotonic_ns()
        self._executor = SingleThreadedExecutor(context=self.context)
        self._services = threading.Thread(target=self._serve, name='services', daemon=True)

    @property
    def name(self) -> str:
        """The node's name."""
        return str(self.node.get_name())

    @property
    def namespace(self) -> str:
        """The robot's namespace."""
        return str(self.node.get_namespace())

    @property
    def log(self) -> Any:
        """The node's logger."""
        return self.node.get_logger()

    def _swap(self, config: Common) -> None:
        self.config = config

    def _announce(self) -> None:
        restarts = self.instance.restarts
        self.metrics.set('node_restarts_total', restarts, node=self.name)
        self.metrics.set('node_series_dropped_total', 0, node=self.name)
        self.metrics.add('loop_overruns_total', 0, node=self.name)
        values, name = {'version': __version__}, EventName.NODE_STARTED
        if restarts:
            values, name = {'restarts': str(restarts)}, EventName.NODE_RESTARTED
        self.emit(Event(name, f'{self.name} is up', time.monotonic_ns(), values))

    # --- topics and services --------------------------------------------------------------------

    def publisher(self, topic: topics.Topic) -> Publisher:
        """Return a publisher of a topic from the table."""
        return self.node.create_publisher(message_class(topic.type), topic.name,
                                          to_qos(topic.qos))

    def subscribe(self, topic: topics.Topic, callback: Callable[[Any, Arrival], None], *,
                  raw: bool = False, newest: bool = False, sampled: bool = False,
                  urgent: bool = False, inlet: Inlet | None = None, name: str = '') -> Tap:
        """
        Subscribe to a topic from the table.

        A message that does not decode (WireError) is dropped, counted and logged once a minute.

        :param raw: the callback takes bytes
        :param newest: of each loop's messages it takes the last one only
        :param sampled: the same of a topic faster than the loop: the others are never received,
            and not counted as lost
        :param urgent: the loop takes it at once instead of in its next turn
        :param inlet: of another node than ours; name: the topic's there
        """
        seen = self.metrics.cell('topic_messages_total', topic=topic.name, node=self.name)
        self.metrics.add('topic_messages_lost_total', 0, topic=topic.name, node=self.name)
        hear = self._guarded(topic.name, callback)
        if newest:
            self._newest.append(Newest(message_class(topic.type), hear))
            hear, raw = self._newest[-1], True

        def receive(message: Any, arrival: Arrival) -> None:
            seen.value += 1
            if not sampled:
                self.count_lost(topic.name, arrival.lost)
            hear(message, arrival)
        # The queue is all there is while the loop sleeps or the node starts: a second's worth.
        depth = 1 if sampled else max(topic.qos.depth, QUEUE, int(topic.rate or 0))
        qos = to_qos(topic.qos, depth)
        if urgent:
            self._wake_by(topic)
        return (inlet or self.inlet).subscribe(
            message_class(topic.type), name or topic.name, qos, receive, raw=raw,
            on_incompatible=lambda e: self._incompatible(topic.name, e))

    def _wake_by(self, topic: topics.Topic) -> None:
        """Have the executor's thread wake the loop, which takes the message itself."""
        self._urgent = self._urgent or threading.Event()
        wake = self._urgent.set
        self.node.create_subscription(
            message_class(topic.type), topic.name, lambda _: wake(), to_qos(topic.qos), raw=True,
            event_callbacks=distro.SubscriptionEventCallbacks(use_default_callbacks=False))

    def _guarded(self, topic: str, callback: Callable[[Any, Arrival], None]) -> Callable[
            [Any, Arrival], None]:
        def hear(message: Any, arrival: Arrival) -> None:
            try:
                callback(message, arrival)
            except WireError as error:
                self.metrics.add('topic_messages_rejected_total', topic=topic, node=self.name)
                self.complain(topic, str(error))
        return hear

    def count_lost(self, topic: str, lost: int) -> None:
        """Count messages that a publisher sent and that never arrived, or that nobody knows of."""
        if lost == UNKNOWN:
            self.metrics.add('topic_messages_unsure_total', topic=topic, node=self.name)
        elif lost:
            self.metrics.add('topic_messages_lost_total', lost, topic=topic, node=self.name)
            self.complain(topic, f'{lost} messages lost')

    def is_news(self, event: Event, came: Arrival) -> bool:
        """
        Tell whether an event was said since this node began; a latched topic repeats the past.

        Its age tells, not its time: the wall clock may have been set meanwhile.
        """
        return came.received_ns - event.wall_ns <= came.mono_ns - self.started_ns

    def _incompatible(self, topic: str, event: Any) -> None:
        values = {'topic': topic, 'policy': str(event.because)}
        self.later(lambda: self.emit(Event(
            EventName.QOS_INCOMPATIBLE,
            f'{topic}: {event.node} cannot connect to us: {event.because}',
            time.monotonic_ns(), values)))

    def later(self, work: Callable[[], None]) -> None:
        """Have the loop do this next; for callbacks from other threads."""
        self._later.append(work)

    def trigger(self, name: str, handler: Callable[[], Answer]) -> None:
        """Offer a std_srvs/Trigger at ~/name."""
        def serve(_: Any, response: Any) -> Any:
            with self.lock:
                response.success, response.message = handler()
            return response
        self.node.create_service(Trigger, f'~/{name}', serve)

    def switch(self, name: str, handler: Callable[[bool], Answer]) -> None:
        """Offer a std_srvs/SetBool at ~/name."""
        def serve(request: Any, response: Any) -> Any:
            with self.lock:
                response.success, response.message = handler(bool(request.data))
            return response
        self.node.create_service(SetBool, f'~/{name}', serve)

    # --- work that may wait ---------------------------------------------------------------------

    def sheddable(self, what: Sheddable) -> Shedding:
        """Return what tells whether to leave a kind of work undone while the loops are late."""
        shedding = Shedding(what)
        self._shedding.append(shedding)
        return shedding

    def loop_was_late(self, late_ns: int, period_ns: int, now: int) -> None:
        """Take how late a loop began, and tell of the work that is left undone therefore."""
        self._pressure.observe(late_ns, period_ns)
        for one in self._shedding:
            if one.update(self._pressure.value, now):
                name = EventName.SHEDDING_STARTED if one.active else EventName.SHEDDING_ENDED
                does = 'left undone' if one.active else 'done again'
                self.emit(Event(name, f'{one.what} are {does}: loops begin '
                                f'{self._pressure.value:.0%} of their period late', now,
                                {'what': str(one.what)}))
            labels = {'what': str(one.what), 'node': self.name}
            self.metrics.set('shedding', float(one.active), **labels)
            self.metrics.set('shed_total', one.count, **labels)

    # --- the loop -------------------------------------------------------------------------------

    def step(self, component: Component) -> None:
        """Run one loop: what waits is handed out, then the component steps."""
        now = clocks.now()
        with self.lock:
            while self._later:
                self._later.popleft()()
            self.inlet.drain(now.wall_minus_mono, now.mono)
            for topic in self._newest:
                topic.hand_out()
            now = clocks.now()  # the same for both: what is told once a second is reported at once
            component.step(now)
            if self._voice.report(now):
                self.inlet.look_around()

    def turn_at(self, rate: float) -> None:
        """Have the loop turn that often, at most as configured: less where there is less to do."""
        self._period = int(SECOND / min(rate, self.config.rate))

    def spin(self, component: Component) -> None:
        """Loop at the configured rate, or the one asked for last, until stopping is set."""
        self.turn_at(self.config.rate)
        self.serve()
        late = self.metrics.cell('loop_late_seconds', node=self.name)
        due = time.monotonic_ns()
        while not self.stopping.is_set():
            behind, period = time.monotonic_ns() - due, self._period
            late.observe(behind / SECOND)
            self.loop_was_late(behind, period, due + behind)
            if behind >= period:
                self.metrics.add('loop_overruns_total', node=self.name)
                due += behind // period * period  # skip what is missed, never run it twice
            self.step(component)
            if not self._services.is_alive():  # an error in a handler: ~/stop would go unheard
                raise FlywheelError('the thread that serves parameters and services has ended')
            due += self._period
            self._rest(component, due)

    def _rest(self, component: Component, due: int) -> None:
        """Sleep until the next turn is due; what is urgent is taken at once."""
        while (left := due - time.monotonic_ns()) > 0 and not self.stopping.is_set():
            if self._urgent is None:
                time.sleep(left / SECOND)
            elif self._urgent.wait(left / SECOND):
                self._urgent.clear()
                self.step(component)

    def serve(self) -> None:
        """Say that the node is up, and serve parameters and services in a thread of their own."""
        self._announce()
        self._executor.add_node(self.node)
        self._services.start()

    def _serve(self) -> None:
        try:
            self._executor.spin()
        except (ExternalShutdownException, ROSInterruptException):
            return

    def close(self, clean: bool = True) -> None:
        """End the node; clean: the next start is no restart after a crash."""
        self.stopping.set()
        self._executor.shutdown()
        if self._services.is_alive():
            self._services.join()
        self.instance.close(clean)  # first: a kill while the middleware ends is no crash
        self.node.destroy_node()


def run(name: str, config_class: type[Common], make: Callable[[Shell], Component],
        args: Sequence[str]) -> int:
    """
    Run one node until SIGINT or SIGTERM; the main function of each of our executables.

    :return: 0 after a clean end
    :raises ConfigError: for configuration that cannot be used
    """
    try:
        with ros(args):
            return _live(name, config_class, make)
    except (ParameterException, rclpy_implementation.RCLError,
            rclpy_implementation.UnknownROSArgsError) as error:
        raise ConfigError(str(error)) from None


def _live(name: str, config_class: type[Common], make: Callable[[Shell], Component]) -> int:
    shell = Shell(name, config_class)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: shell.stopping.set())
    try:
        scheduling.apply(name, shell.config)
        component = make(shell)
    except ConfigError:
        shell.close(clean=not shell.instance.restarts)  # a crash before is not forgotten
        raise
    clean = False
    try:
        shell.spin(component)
        clean = True
    finally:
        component.close()
        shell.close(clean)
    return 0
