"""What the relay decides to do; effects/teleop/relay_server.py does it, in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flywheel_nodes.core.control import TeleopCommand
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.teleop.protocol import Close


@dataclass(frozen=True)
class Send:
    """Send a message to one client."""

    client: int
    message: Mapping[str, Any]


@dataclass(frozen=True)
class Tell:
    """Send a message to all clients."""

    message: Mapping[str, Any]


@dataclass(frozen=True)
class Show:
    """Show all clients a new state; only the newest matters."""

    message: Mapping[str, Any]


@dataclass(frozen=True)
class Publish:
    """Publish on teleop/command."""

    command: TeleopCommand


@dataclass(frozen=True)
class Drop:
    """Close a client's connection."""

    client: int
    code: Close
    because: str


Deed = Send | Tell | Show | Publish | Drop | Event
