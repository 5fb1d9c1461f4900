"""What an adapter's functions know in a test: messages that came at time 0."""

from typing import Any

from flywheel_nodes.adapters.base import Heard, View
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.nodes.messages import message_class

WALL_NS = 1_500_000_000


def view(robot: Robot, heard: dict[Topic, Any] | None = None, at: float = 0.0) -> View:
    """Return what is known at a time in s."""
    said = {topic.name: Heard(message, 0) for topic, message in (heard or {}).items()}
    return View(robot, message_class, Now(int(at * SECOND), WALL_NS), said)
