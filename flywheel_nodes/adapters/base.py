"""
What an adapter is: tables from native topics to neutral ones, and from our commands to native.

Each kind of robot is one module here with a function `adapter(robot)`. Nothing in it imports ROS:
functions get messages and a View, and make messages by the name of their type, so that a package
of the vendor is needed only where its robot is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import math
from typing import Any

from flywheel_nodes.core.calls import Identities
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Topic

Make = Callable[[str], Any]
"""Gives the message class behind package/msg/Type."""


@dataclass(frozen=True)
class Heard:
    """The newest message of a native topic, and when it came on the monotonic clock."""

    message: Any
    mono_ns: int


@dataclass(frozen=True)
class View:
    """
    What an adapter's functions may know: the robot's file, the time, the newest messages.

    identities: gives those of our requests, where a robot wants them.
    """

    robot: Robot
    make: Make
    now: Now
    heard: Mapping[str, Heard] = field(default_factory=dict)
    identities: Identities = field(default_factory=Identities)

    def last(self, topic: 'Topic | Pick', within: float = math.inf) -> Any | None:
        """Return the newest message of a topic or pick; None when older than within s, or none."""
        heard = self.heard.get(topic.name)
        if heard is None or self.now.mono - heard.mono_ns > within * SECOND:
            return None
        return heard.message


@dataclass(frozen=True)
class Pick:
    """
    The newest message of a native topic among those that matter; view.last() gives it.

    For what shows in single messages and counts for a while: a stick that was moved, an answer.
    name: unlike that of any topic. Each message of the topic is decoded.
    """

    name: str
    topic: Topic
    matters: Callable[[Any, View], bool]


Convert = Callable[[Any, View], Any]
"""Makes the neutral message of a native one; None: it says nothing about this topic."""

Read = Callable[[bytes], Any]
"""Reads what is wanted of a message out of its bytes; None: it must be decoded as a whole."""

Encode = Callable[[Any, View], Any]
"""
Makes the native message of a command that is within the robot's limits already.

It may narrow the command further, in place: what became of it is reported as applied. It raises
WireError for one that must not be sent.
"""

Build = Callable[[View], Any]
"""Makes a native message of what is known; None for a request: too little is known."""

NAME = ('NAME',)
"""The values of an option that takes a ROS name of the robot's own, such as a controller's."""

Tell = Callable[[View], Any]
"""Returns the state that a neutral topic tells, None while it is unknown."""

Refusal = Callable[[View], str]
"""Returns why the robot must not be commanded now, with the remedy; '' when nothing is wrong."""


@dataclass(frozen=True)
class Route:
    """
    A native topic and the neutral one it becomes.

    Several routes may start from one native topic. Without convert the types are the same, and
    bytes pass through as they are. rate: at most so many a second, evenly; of a faster topic the
    newest messages are taken, and the others are not lost but left.
    """

    native: Topic
    neutral: Topic
    convert: Convert | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Status:
    """
    A neutral state told from the newest messages of native topics: on change, and at 2 Hz.

    Should it become unknown, control_owner and robot_mode say so, and emergency_stop falls silent.
    """

    neutral: Topic
    sources: tuple[Topic, ...]
    tell: Tell


@dataclass(frozen=True)
class Command:
    """
    A command topic of ours and the native one it becomes.

    stop is what goes out on stale input, None where the robot holds by itself; so is what it
    builds, for now. It brings the robot to rest and keeps it standing: on legs, damping is not a
    stop. rate: at most so many commands a second, the newest ones.
    """

    neutral: Topic
    native: Topic
    encode: Encode
    stop: Build | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Say:
    """A step of a request: a native message. what: the name of the call for people and metrics."""

    what: str
    topic: Topic
    build: Build


@dataclass(frozen=True)
class Ask:
    """
    A step of a request: a native service without arguments that say anything.

    fill: sets the request's fields; failed: why the answer means no, '' when it means yes.
    """

    what: str
    service: str
    type: str
    fill: Callable[[Any], None] = lambda request: None
    failed: Callable[[Any], str] = lambda answer: '' if answer.success else answer.message


Step = Say | Ask


@dataclass(frozen=True)
class Poll:
    """A question that is asked again and again, period in s; the answer comes on a topic."""

    say: Say
    period: float


@dataclass(frozen=True)
class Rpc:
    """
    Requests and answers over two topics, matched by an identity.

    asked: the identity of a request, None when it wants no answer; answered: the identity an
    answer bears, and why it means no, '' when it means yes.
    """

    request: Topic
    response: Topic
    asked: Callable[[Any], int | None]
    answered: Callable[[Any], tuple[int, str]]


@dataclass(frozen=True)
class Adapter:
    """
    One kind of robot: what it tells and what it can be told.

    needs: native topics, and how old in s their newest message may be for the robot to be
    commanded; requests: the steps of stop, claim and release; estops: those of the emergency stop
    by the robot file's estop_action, and estop_release; absent: neutral topics it cannot tell, and
    why; packages: how to install what carries its messages.

    readers: spare decoding large native messages that come often;
    joints: those whose temperatures are watched besides the driven ones; picks: see Pick;
    latched: native topics that say a thing once, so that their publisher's end is their silence;
    shared: native command topics that others of the robot's own publish as well; remedies: what to
    do about a foreign type on a topic, by that type, and under '' where nobody hears our commands.
    """

    name: str
    inputs: tuple[Route, ...]
    commands: tuple[Command, ...]
    states: tuple[Status, ...] = ()
    needs: Mapping[Topic, float] = field(default_factory=dict)
    refusal: Refusal = lambda view: ''
    rpcs: tuple[Rpc, ...] = ()
    polls: tuple[Poll, ...] = ()
    requests: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    estops: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    estop_release: tuple[Step, ...] = ()
    absent: Mapping[Topic, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[Topic, Read] = field(default_factory=dict)
    joints: tuple[str, ...] = ()
    picks: tuple[Pick, ...] = ()
    latched: tuple[Topic, ...] = ()
    shared: frozenset[Topic] = frozenset()
    remedies: Mapping[str, str] = field(default_factory=dict)

    def by_native(self) -> dict[Topic, list[Route]]:
        """Return the routes of each native topic, also of those that nothing but states need."""
        found: dict[Topic, list[Route]] = {route.native: [] for route in self.inputs}
        for route in self.inputs:
            found[route.native].append(route)
        others = [*self.needs, *(rpc.response for rpc in self.rpcs),
                  *(source for state in self.states for source in state.sources),
                  *(pick.topic for pick in self.picks)]
        return found | {topic: [] for topic in others if topic not in found}

    def refused(self, view: View) -> str:
        """Return why the robot must not be commanded now, '' when nothing is wrong."""
        for topic, within in self.needs.items():
            if view.last(topic, within) is None:
                return (f'{topic.name} is silent: is the robot switched on, connected and in ROS '
                        'domain and namespace of its file?')
        return self.refusal(view)
