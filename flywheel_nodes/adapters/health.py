"""What robots say about their health, as /diagnostics."""

from collections.abc import Iterable
from typing import Any

from flywheel_nodes.adapters import standard
from flywheel_nodes.adapters.base import View
from flywheel_nodes.core import topics

Pairs = Iterable[tuple[str, str]]


def diagnostics(statuses: Iterable[Any], view: View) -> Any:
    """Return statuses as one message."""
    made = view.make(topics.DIAGNOSTICS.type)()
    standard.stamp(made, view)
    made.status = list(statuses)
    return made


def status(view: View, name: str, pairs: Pairs, wrong: str = '') -> Any:
    """Return one status; wrong: what is the matter with it."""
    made = view.make('diagnostic_msgs/msg/DiagnosticStatus')()
    made.name, made.message, made.hardware_id = name, wrong, view.robot.robot
    made.level = b'\1' if wrong else b'\0'
    pair = view.make('diagnostic_msgs/msg/KeyValue')
    made.values = [pair(key=key, value=value) for key, value in pairs]
    return made
