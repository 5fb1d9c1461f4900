"""What the relay decides to do; effects/teleop/relay_server.py does it, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flywheel_nodes.core.control import TeleopCommand
from flywheel_nodes.core.events import Event
from flywheel_nodes.core.teleop.protocol import Close
from flywheel_nodes.core.words import Word


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


@dataclass(frozen=True)
class Expel:
    """Cut the connections that came in with the resume secret of a client."""

    client: int


class Audited(Word):
    """What goes into the audit log."""

    STARTED = 'started'
    LOGIN = 'login'
    LOGIN_REFUSED = 'login_refused'
    LOGOUT = 'logout'
    LEFT = 'left'
    DROPPED = 'dropped'
    LEASE_GRANTED = 'lease_granted'
    LEASE_DENIED = 'lease_denied'
    LEASE_TAKEN = 'lease_taken'
    LEASE_ENDED = 'lease_ended'
    STOP = 'stop'
    RESUME = 'resume'


@dataclass(frozen=True)
class Note:
    """Write into the audit log what a client did; never a secret."""

    what: Audited
    client: int
    operator: str
    values: Mapping[str, str] = field(default_factory=dict)


Deed = Send | Tell | Show | Publish | Drop | Expel | Note | Event
