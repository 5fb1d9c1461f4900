"""What a client may say to the relay: each message declared once."""

from dataclasses import dataclass, field
import re
from typing import ClassVar

from flywheel_nodes.core.control import Sight
from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.params import param
from flywheel_nodes.core.teleop.fields import Note
from flywheel_nodes.core.teleop.protocol import Scope, VERSION

_PHASES = (str(Phase.CORRECTION), str(Phase.RECOVERY))
_SIGHT = ('how the operator sees the robot: by displayed `video`, whose age caps the speed, or '
          '`direct`, with own eyes')
_PHASE = 'what the operator does: recovery only when marked so'


@dataclass(frozen=True, kw_only=True)
class Ask:
    """
    A message from a client.

    kind: its `type`; scope: what the token must allow; answer: what comes back.
    """

    kind: ClassVar[str] = ''
    scope: ClassVar[Scope] = Scope.VIEW
    answer: ClassVar[str] = ''

    def __init_subclass__(cls, scope: Scope = Scope.VIEW, answer: str = 'None.') -> None:
        """Name the message after its class."""
        cls.kind = re.sub('(?<!^)(?=[A-Z])', '_', cls.__name__).lower()
        cls.scope = scope
        cls.answer = answer


@dataclass(frozen=True, kw_only=True)
class Hello(Ask, answer='`welcome`, `state` and `help`; or the connection is closed.'):
    """The first message, and only the first."""

    protocol: int = param(doc=f'the version of this protocol, {VERSION}')
    token: str = param('', 'who one is, as a signed token; this or `resume`', high=2048)
    resume: str = param('', 'the secret of a `welcome`, to come back to watch', high=64)
    client: str = param('', 'name and version of the program', high=80)


@dataclass(frozen=True, kw_only=True)
class Ping(Ask, answer='`pong`. The round trip is now - t0 - (t2 - t1).'):
    """Measures the round trip; the relay sends its own as well."""

    t0: int = param(doc="the sender's clock", unit='ns')


@dataclass(frozen=True, kw_only=True)
class Pong(Ask):
    """Answers a `ping` of the relay, within 5 s."""

    t0: int = param(doc='as received', unit='ns')
    t1: int = param(doc="the answerer's clock when the ping arrived", unit='ns')
    t2: int = param(doc="the answerer's clock when it answered", unit='ns')


@dataclass(frozen=True, kw_only=True)
class Stop(Ask, answer='`accepted`, which means asked, not done: watch `mode` for `stopped`.'):
    """
    Stops the robot and ends the lease, whoever holds it.

    Never refused for scope or rate. It takes a `resume` to clear the stop (the robot holds) and
    another one for the policy to drive.
    """


@dataclass(frozen=True, kw_only=True)
class Resume(Ask, scope=Scope.DRIVE, answer='`accepted`, which means asked, not granted: watch '
             '`mode`, and `event` for why it was refused.'):
    """
    Asks the arbiter to clear a stop, or else to let the policy drive.

    A resume that still waits is void when a stop comes.
    """


@dataclass(frozen=True, kw_only=True)
class Claim(Ask, scope=Scope.DRIVE, answer='`grant` or `deny`.'):
    """
    Asks for the lease.

    Refused with `sight` where it says `video` and the robot has no camera.
    """

    sight: Sight = param(Sight.VIDEO, _SIGHT)


@dataclass(frozen=True, kw_only=True)
class Take(Ask, scope=Scope.SUPERVISE, answer='`grant`; whoever held it gets `ended`.'):
    """Takes the lease, from whoever holds it; refused like `claim`."""

    sight: Sight = param(Sight.VIDEO, _SIGHT)


@dataclass(frozen=True, kw_only=True)
class Logout(Ask):
    """Says goodbye: the `resume` secret is void from now on."""


@dataclass(frozen=True, kw_only=True)
class _Held(Ask):
    """What only the holder of the lease may say."""

    lease: str = param(doc='as granted', high=64)
    epoch: int = param(doc='as granted')


@dataclass(frozen=True, kw_only=True)
class Renew(_Held, scope=Scope.DRIVE, answer='`renewed`.'):
    """Prolongs the lease; send it each second."""


@dataclass(frozen=True, kw_only=True)
class Idle(_Held, scope=Scope.DRIVE):
    """Holds the robot without driving it, from now on."""

    seq: int = param(doc='rises strictly over `idle` and `drive` of a lease, from 1')
    phase: str = param(str(Phase.CORRECTION), _PHASE, choices=_PHASES)


@dataclass(frozen=True, kw_only=True)
class Drive(_Held, scope=Scope.DRIVE):
    """One command, 20 to 50 times a second while the operator holds the deadman."""

    seq: int = param(doc='rises strictly over `idle` and `drive` of a lease, from 1')
    t_client: int = param(doc="the client's clock at the operator's input", unit='ns')
    deadman: bool = param(doc='true while the operator holds it down; a toggle is no deadman')
    axes: dict[str, float] = field(default_factory=dict, metadata=param(
        doc="share of each axis' limit, by names in `welcome`", low=-1.0, high=1.0).metadata)
    joints: dict[str, float] = field(default_factory=dict, metadata=param(
        doc='absolute positions by names in `welcome`, beginning close to where the joints are',
        unit='rad or m', low=-1e4, high=1e4).metadata)
    phase: str = param(str(Phase.CORRECTION), _PHASE, choices=_PHASES)
    obs_id: str = param('', 'the observation the operator acts on', high=64)
    frame: str = param('', 'capture id of the newest camera frame that was displayed', high=64)


@dataclass(frozen=True, kw_only=True)
class Release(_Held, scope=Scope.DRIVE, answer='`ended`. The robot holds until somebody resumes.'):
    """Ends the lease and says what the intervention was about."""

    reason: Reason = param(doc='why the human took over')
    outcome: Outcome = param(doc='how the intervention ended')
    note: Note = param(Note(''), 'free text; control characters become blanks', high=500)
    phase: str = param(str(Phase.CORRECTION), _PHASE, choices=_PHASES)


@dataclass(frozen=True, kw_only=True)
class HelpAccept(Ask, scope=Scope.DRIVE, answer='`accepted`, then `help` to everybody.'):
    """
    Says that the operator takes care of a help request; then claim the lease.

    Refused with `help` where it is not open any more, or somebody else has accepted it.
    """

    id: str = param(doc='of the help request', high=64)


@dataclass(frozen=True, kw_only=True)
class HelpPicture(Ask, answer='`help_picture`.'):
    """
    Asks for the picture of a help request.

    Refused with `help` where the request is over or has none.
    """

    id: str = param(doc='of the help request', high=64)


@dataclass(frozen=True, kw_only=True)
class HelpDismiss(Ask, scope=Scope.DRIVE, answer='`accepted`, then `help` to everybody.'):
    """Says that a help request needs nobody."""

    id: str = param(doc='of the help request', high=64)
