"""What a node says of itself: events, complaints, and its metrics once a second."""

from collections.abc import Callable
import os
import time

from rclpy.node import Node
from rclpy.publisher import Publisher

from flywheel_nodes.core import topics, wire
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.events import Event, Level
from flywheel_nodes.core.ids import uuid7
from flywheel_nodes.core.metrics import Metrics, Report
from flywheel_nodes.core.pace import Pace
from flywheel_nodes.nodes.messages import to_array

FULL_REPORT_EVERY = 5
COMPLAIN_EVERY_S = 60.0


class Voice:
    """The only way in which our nodes publish events and metrics and warn of what goes on."""

    def __init__(self, node: Node, publisher: Callable[[topics.Topic], Publisher],
                 metrics: Metrics) -> None:
        """Speak for a node; publisher makes one for a topic of the table."""
        self._name = str(node.get_name())
        self._log = node.get_logger()
        self._metrics = metrics
        self._events = publisher(topics.EVENTS)
        self._reports = publisher(topics.METRICS)
        self._started = time.time()
        self._reported = 0
        self._report_no = 0
        self._complaints: dict[str, Pace] = {}

    def emit(self, *events: Event) -> None:
        """Publish and log events, each with an id, this node as its source and the wall time."""
        for event in events:
            wall = time.time_ns()
            stamped = event.stamped(fresh_id(), self._name, wall)
            self._events.publish(to_array([wire.event_to_status(stamped)], wall))
            self._log_event(event)

    def _log_event(self, event: Event) -> None:
        line = f'{event.name}: {event.sentence}'
        # One call each: rclpy refuses a call whose severity changes.
        if event.level is Level.ERROR:
            self._log.error(line)
        elif event.level is Level.WARN:
            self._log.warning(line)
        else:
            self._log.info(line)

    def complain(self, about: str, because: str) -> None:
        """
        Log a warning, but at most once a minute about the same.

        rclpy's own throttle looks up its caller each time, which costs more than the message when
        there is the least time for it, and hears nobody else meanwhile.

        :param about: one of few: a topic, a camera
        """
        if self._complaints.setdefault(about, Pace(1 / COMPLAIN_EVERY_S)).lets(
                time.monotonic_ns()):
            self._log.warning(f'{about}: {because}')

    def report(self, now: Now) -> bool:
        """Publish the metrics if it is time to; return whether it was."""
        if now.mono - self._reported < SECOND:
            return False
        self._reported = now.mono
        full = self._report_no % FULL_REPORT_EVERY == 0
        self._report_no += 1
        self._metrics.set('node_series_dropped_total', self._metrics.dropped, node=self._name)
        report = Report(self._name, self._started, full, self._metrics.read(full))
        self._reports.publish(to_array(wire.report_to_statuses(report), now.wall))
        return True


def fresh_id() -> str:
    """Return a fresh UUIDv7."""
    return uuid7(time.time_ns(), os.urandom(10))
