"""What the relay says to its clients: each message declared once."""

from dataclasses import dataclass
import re
from typing import ClassVar

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.events import Level, Phase
from flywheel_nodes.core.params import param
from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.protocol import Scope

UNKNOWN = 'unknown'


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A message from the relay; kind: its `type`."""

    kind: ClassVar[str] = ''

    def __init_subclass__(cls) -> None:
        """Name the message after its class."""
        cls.kind = re.sub('(?<!^)(?=[A-Z])', '_', cls.__name__).lower()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the relay takes from a client."""

    max_bytes: int = param(doc='of one message', unit='B')
    message_rate: float = param(doc='messages per second', unit='Hz', low=0.0)
    lease_ttl: float = param(doc='how long a lease lasts without `renew`', unit='s', low=0.0)
    state_rate: float = param(doc='`state` messages per second', unit='Hz', low=0.0)
    resume_lifetime: float = param(0.0, 'how long `resume` of `welcome` is good for', unit='s',
                                   low=0.0)


@dataclass(frozen=True, kw_only=True)
class Welcome(Answer):
    """The client is let in."""

    protocol: int = param(doc='the version the relay speaks')
    robot: str = param(doc="the robot's name")
    operator: str = param(doc='who the token says one is')
    scope: str = param(doc='what the token allows', choices=tuple(Scope))
    boot: int = param(doc='changes when the relay restarts')
    axes: tuple[str, ...] = param(doc='what `drive` may name in `axes`')
    joints: tuple[str, ...] = param(doc='what `drive` may name in `joints`')
    cameras: tuple[str, ...] = param((), 'what can be watched at `/video/NAME`')
    limits: Limits = param(doc='what the relay takes')
    time_ns: int = param(0, "the robot's wall clock", unit='ns')
    resume: str = param('', 'a secret with which to come back to watch, in `hello`; '
                        'it moves nothing', high=64)


@dataclass(frozen=True, kw_only=True)
class State(Answer):
    """The robot as it is now, several times a second and at once on a change."""

    mode: str = param(UNKNOWN, 'who drives; unknown while the arbiter is silent',
                      choices=(*Mode, UNKNOWN))
    gate: str = param(UNKNOWN, 'what keeps policy or human from driving',
                      choices=(*Gate, UNKNOWN))
    reason: str = param('', 'why the robot came to its mode, for a person')
    operator: str = param('', 'whose session the arbiter has')
    intervention: str = param('', 'its id, from takeover to release')
    phase: str = param(UNKNOWN, 'of the intervention', choices=(*Phase, UNKNOWN))
    epoch: int = param(0, 'of the session the arbiter has, 0 without one')
    monitor: str = param(UNKNOWN, 'whether the policy is well',
                         choices=('ok', 'alarm', UNKNOWN))
    alarms: tuple[str, ...] = param((), 'the detectors that alarm')
    vx: float | None = param(None, 'speed ahead in the body frame, null while unknown',
                             unit='m/s')
    vy: float | None = param(None, 'speed to the left', unit='m/s')
    wz: float | None = param(None, 'turning to the left', unit='rad/s')
    cap: float | None = param(None, "share of the limits the human's speed is capped at",
                              low=0.0, high=1.0)
    frame_age: float | None = param(
        None, 'age of the newest camera frame the driver has displayed', unit='s', low=0.0)
    holder: str = param('', 'who holds the lease the relay has given')
    holder_epoch: int = param(0, 'its epoch, 0 without one')
    time_ns: int = param(0, "the robot's wall clock", unit='ns')


@dataclass(frozen=True, kw_only=True)
class Ping(Answer):
    """Measures the round trip; answer with `pong` within 5 s."""

    t0: int = param(doc="the relay's clock", unit='ns')


@dataclass(frozen=True, kw_only=True)
class Pong(Answer):
    """Answers a `ping`."""

    t0: int = param(doc='as received', unit='ns')
    t1: int = param(doc="the relay's clock when the ping arrived", unit='ns')
    t2: int = param(doc="the relay's clock when it answered", unit='ns')


@dataclass(frozen=True, kw_only=True)
class Grant(Answer):
    """The lease is yours."""

    lease: str = param(doc='to be named in all that the holder says', high=64)
    epoch: int = param(doc='rises with each lease')
    ttl: float = param(doc='how long it lasts without `renew`', unit='s', low=0.0)


@dataclass(frozen=True, kw_only=True)
class Deny(Answer):
    """Somebody else holds the lease."""

    holder: str = param(doc='who')


@dataclass(frozen=True, kw_only=True)
class Renewed(Answer):
    """The lease lasts `ttl` seconds from now."""

    lease: str = param(doc='as granted', high=64)
    epoch: int = param(doc='as granted')
    ttl: float = param(doc='how long it lasts from now', unit='s', low=0.0)


@dataclass(frozen=True, kw_only=True)
class Ended(Answer):
    """Your lease is over."""

    epoch: int = param(doc='of the lease that ended')
    because: str = param(doc='why', choices=tuple(protocol.Ended))


@dataclass(frozen=True, kw_only=True)
class Accepted(Answer):
    """What was asked was passed on; it is not done yet."""

    of: str = param(doc='the type of the message', high=64)


@dataclass(frozen=True, kw_only=True)
class Event(Answer):
    """Something an operator should know has happened."""

    name: str = param(doc='of the event; the list is below', high=64)
    level: str = param(doc='how much attention it asks for', choices=tuple(Level))
    sentence: str = param(doc='what happened, for a person')


@dataclass(frozen=True, kw_only=True)
class HelpRequest:
    """One request of the robot for a human."""

    id: str = param(doc='to be named in `help_accept` and `help_dismiss`', high=64)
    reason: str = param(doc='why it was raised', choices=tuple(protocol.HelpReason))
    sentence: str = param(doc='what is the matter, for a person')
    time_ns: int = param(doc="when it was raised, by the robot's wall clock as in `state`",
                         unit='ns')
    frame: str = param('', 'capture id of its picture', high=64)
    operator: str = param('', 'who has accepted it, empty while it is open')
    picture: bool = param(False, 'whether there is a picture: `help_picture` asks for it')


@dataclass(frozen=True, kw_only=True)
class Help(Answer):
    """All requests for help that are not over, oldest first; after each change."""

    requests: tuple[HelpRequest, ...] = param(doc='at most one for each reason')


@dataclass(frozen=True, kw_only=True)
class HelpPicture(Answer):
    """What a camera showed when the robot asked for help."""

    id: str = param(doc='of the help request', high=64)
    picture: str = param(
        doc=f'a JPEG at most {protocol.PICTURE_WIDTH} pixels wide, in Base64',
        high=4 * protocol.PICTURE_BYTES // 3 + 4)


@dataclass(frozen=True, kw_only=True)
class CameraLatency:
    """How late one camera is seen, and where the time went for the frame on display."""

    camera: str = param(doc='its name')
    frame: str = param(doc='capture id of the frame on display', high=64)
    age_ms: float = param(doc='its age now; it grows while no frame comes', unit='ms')
    network_ms: float = param(doc='on its way to the client', unit='ms')
    relay_ms: float = param(doc='from the camera to the socket, without coding', unit='ms')
    encode_ms: float = param(doc='coding', unit='ms')
    display_ms: float = param(doc='from its arrival to its display', unit='ms')
    error_ms: float = param(doc='by which network_ms may be wrong, either way', unit='ms')
    width: int = param(0, 'of the pictures sent now, at most', unit='px')
    quality: int = param(0, 'of their JPEG')
    rate: float = param(0.0, 'of them at most', unit='Hz', low=0.0)


@dataclass(frozen=True, kw_only=True)
class Latency(Answer):
    """How late the client sees the robot, twice a second while it watches a camera."""

    cameras: tuple[CameraLatency, ...] = param(doc='those it watches')


@dataclass(frozen=True, kw_only=True)
class Reject(Answer):
    """A message went no further."""

    reason: str = param(doc='why; the list is below', choices=tuple(protocol.Reject))
    of: str = param('', 'the type of the message, where it is known', high=64)
    seq: int | None = param(None, 'its number, where it is known')
