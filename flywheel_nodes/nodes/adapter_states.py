"""robot_adapter's states: emergency stop, control owner and mode, told on change and at 2 Hz."""

from collections.abc import Callable
from typing import Any

from std_msgs.msg import Bool, String

from flywheel_nodes.adapters.base import Adapter, Status, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.watching.robot_watch import Owner, RobotWatch
from flywheel_nodes.nodes.shell import Shell

REPEAT_NS = SECOND // 2


class States:
    """What a robot tells of itself; unknown until it is heard, and again once it is silent."""

    def __init__(self, shell: Shell, adapter: Adapter, watch: RobotWatch,
                 emit: Callable[[Event], None]) -> None:
        """Tell nothing yet. A robot that cannot say who drives it listens to us."""
        told = {state.neutral: state for state in adapter.states}
        owner = told.pop(topics.CONTROL_OWNER, None) or Status(
            topics.CONTROL_OWNER, (), lambda view: Owner.FLYWHEEL)
        self._states = (owner, *told.values())
        self._outs = {state.neutral: shell.publisher(state.neutral) for state in self._states}
        self._last: dict[topics.Topic, Any] = {}
        self._told_ns: dict[topics.Topic, int] = {}
        self._watch, self._emit = watch, emit

    @property
    def native(self) -> bool:
        """Whether somebody else drives the robot, as was last told."""
        return self._last.get(topics.CONTROL_OWNER) == Owner.NATIVE

    def tell(self, view: View, ready: bool, rival: bool) -> None:
        """
        Publish what changed or is due.

        :param ready: the robot can be commanded; rival: somebody else commands it, past us
        """
        for state in self._states:
            value = state.tell(view)
            if state.neutral == topics.CONTROL_OWNER:
                value = _owner(value, ready, rival)
            elif value is None and state.neutral == topics.ROBOT_MODE:
                value = 'unknown'
            if value is not None:
                self._say(state.neutral, value, view.now.mono)

    def _say(self, topic: topics.Topic, value: Any, now_ns: int) -> None:
        if self._last.get(topic) == value and now_ns - self._told_ns[topic] < REPEAT_NS:
            return
        self._last[topic], self._told_ns[topic] = value, now_ns
        message = Bool(data=value) if topic == topics.ESTOP else String(data=str(value))
        self._outs[topic].publish(message)
        for event in self._events(topic, value, now_ns):
            self._emit(event)

    def _events(self, topic: topics.Topic, value: Any, now_ns: int) -> list[Event]:
        if topic == topics.ESTOP:
            return self._watch.estop(value, now_ns)
        if topic == topics.CONTROL_OWNER:
            return self._watch.owner(value, now_ns)
        return []


def _owner(told: Any, ready: bool, rival: bool) -> Owner:
    if rival or told == Owner.NATIVE:
        return Owner.NATIVE
    return Owner(told) if told is not None and ready else Owner.UNKNOWN
