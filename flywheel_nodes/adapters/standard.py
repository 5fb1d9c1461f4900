"""What robots with standard messages share: twists, states, and a battery that is believed."""

import math
from typing import Any

from flywheel_nodes.adapters.base import Tell, View
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.topics import Topic

TWIST = 'geometry_msgs/msg/Twist'
TWIST_STAMPED = 'geometry_msgs/msg/TwistStamped'


def command_type(plain: bool) -> str:
    """Return the type of a robot's command topic."""
    return TWIST if plain else TWIST_STAMPED


def remedies(plain: bool) -> dict[str, str]:
    """Return what to do where the robot's command topic has the other type."""
    other = 'stamped' if plain else 'plain'
    return {command_type(not plain): f'set options: {{command: {other}}} in the robot file'}


def twist(command: Any, view: View) -> Any:
    """Return the Twist of a command of ours."""
    return command.twist


def twist_stamped(command: Any, view: View) -> Any:
    """Return a command of ours stamped now: drivers refuse old ones."""
    return _stamped(view, command.twist)


def no_twist(view: View) -> Any:
    """Return a Twist of zero."""
    return view.make(TWIST)()


def no_twist_stamped(view: View) -> Any:
    """Return a speed of zero, stamped now."""
    return _stamped(view, view.make(TWIST)())


def _stamped(view: View, speeds: Any) -> Any:
    message = view.make(TWIST_STAMPED)()
    message.header.frame_id = 'base_link'
    stamp(message, view)
    message.twist = speeds
    return message


def stamp(message: Any, view: View) -> None:
    """Stamp a message now, in place."""
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(view.now.wall, SECOND)


def said(topic: Topic, within: float) -> Tell:
    """Return what tells the data of a topic's newest message, None when older than within s."""
    def tell(view: View) -> Any:
        message = view.last(topic, within)
        return message.data if message else None
    return tell


def battery(message: Any, view: View) -> Any:
    """Return a BatteryState whose charge is 0..1, or NaN: a charge beyond that is none."""
    if not (message.present and 0.0 <= message.percentage <= 1.0):
        message.percentage = math.nan
    return message


def native(name: str, like: Topic, meaning: str, **changed: Any) -> Topic:
    """Return a native topic of the type, QoS and rate of a neutral one, but for what changed."""
    return Topic(name, changed.get('type', like.type), changed.get('qos', like.qos),
                 changed.get('writer', 'the robot'), meaning, changed.get('rate', like.rate),
                 recorded=False)
