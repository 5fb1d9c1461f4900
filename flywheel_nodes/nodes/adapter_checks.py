"""
robot_adapter's look at the robot's bus: who speaks and hears what, with which type and QoS.

Topics of one name and two types never connect, and nobody says so; a second commander is not
heard of otherwise either.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rclpy.qos import qos_check_compatible, QoSCompatibility, QoSProfile

from flywheel_nodes.adapters.base import Adapter
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.topics import Topic
from flywheel_nodes.core.watching.problems import Problem
from flywheel_nodes.nodes.graph import NAMELESS
from flywheel_nodes.nodes.messages import message_class, to_qos
from flywheel_nodes.nodes.native_side import NativeSide

# Of this stack: what it hears on the robot's bus is recorded, and drives nothing.
BYSTANDERS = ('snippet_recorder', 'robot_adapter')
Look = tuple[Callable[[Topic], Iterator[Problem]], Topic]


class Checks:
    """Looks at one native topic after the other, each once a second."""

    def __init__(self, side: NativeSide, adapter: Adapter, ours: frozenset[str] = frozenset()
                 ) -> None:
        """Begin without a look; ours: nodes that may command the robot besides this one."""
        self._side = side
        self._adapter = adapter
        self._ours = ours | {str(side.node.get_fully_qualified_name())}
        # A topic that we both hear and command on has two looks.
        commands = dict.fromkeys(command.native for command in adapter.commands)
        self._looks: Sequence[Look] = [*((self._heard, topic) for topic in adapter.by_native()),
                                       *((self._spoken, topic) for topic in commands)]
        self._found: dict[int, tuple[Problem, ...]] = {}
        self._nameless: dict[str, frozenset[bytes]] = {}
        self._due_ns = 0
        self._turn = 0

    def look(self, now_ns: int) -> bool:
        """Look at the next topic when it is time to; return whether all were seen since."""
        if now_ns < self._due_ns:
            return False
        self._due_ns = now_ns + SECOND // max(1, len(self._looks))
        number = self._turn % len(self._looks)
        self._turn += 1
        check, topic = self._looks[number]
        self._found[number] = tuple(check(topic))
        return self._turn % len(self._looks) == 0

    @property
    def looked(self) -> bool:
        """Whether every topic was looked at once."""
        return self._turn >= len(self._looks)

    @property
    def problems(self) -> Iterator[Problem]:
        """What was wrong at the last looks."""
        for found in self._found.values():
            yield from found

    def gone(self, topic: Topic) -> bool:
        """Whether nobody publishes a native topic."""
        return not self._side.node.count_publishers(self._side.name(topic.name))

    def _heard(self, topic: Topic) -> Iterator[Problem]:
        name = self._side.name(topic.name)
        for info in self._side.node.get_publishers_info_by_topic(name):
            if info.topic_type != topic.type:
                yield _type_problem(name, info, f'publishes {info.topic_type}', topic.type,
                                    self._adapter.remedies)
            else:
                yield from _qos_problem(topic, name, info, info.qos_profile, to_qos(topic.qos))

    def _spoken(self, topic: Topic) -> Iterator[Problem]:
        name = self._side.name(topic.name)
        listeners = [info for info in self._side.node.get_subscriptions_info_by_topic(name)
                     if info.node_name not in BYSTANDERS]
        wrong: list[Problem] = []
        for info in listeners:
            if info.topic_type != topic.type:
                yield _type_problem(name, info, f'expects {info.topic_type}', topic.type,
                                    self._adapter.remedies)
            else:
                wrong += _qos_problem(topic, name, info, _as_patient(topic, info),
                                      info.qos_profile)
        # Who merely looks on may ask for what we do not offer, as long as the driver hears us.
        yield from (replace(one, blocks=len(wrong) == len(listeners)) for one in wrong)
        if not listeners:
            yield Problem(f'deaf {name}', f'nobody listens to {name}', self._adapter.remedies.get(
                '', "start the robot's driver, or correct namespace and domain"), blocks=False)
        if topic not in self._adapter.shared:
            yield from self._rivals(name)

    def _rivals(self, name: str) -> Iterator[Problem]:
        infos = self._side.node.get_publishers_info_by_topic(name)
        before = self._nameless.get(name, frozenset())
        self._nameless[name] = nameless = frozenset(
            bytes(info.endpoint_gid) for info in infos if info.node_name == NAMELESS)
        for info in infos:
            who = _who(info)
            # The graph learns names last; who has none at the second look has none.
            if who not in self._ours and bytes(info.endpoint_gid) not in nameless - before:
                yield Problem(f'rival {name} {who}', f'{who} commands the robot too, on {name}',
                              'stop it, or have it go through this stack', rival=True)


def missing_messages(adapter: Adapter) -> Iterator[ConfigError]:
    """Yield what to do about each package of the robot's messages that is not installed."""
    told = set()
    for topic in (*adapter.by_native(), *(command.native for command in adapter.commands)):
        package = topic.type.split('/')[0]
        try:
            message_class(topic.type)
        except ConfigError as error:
            hint = adapter.packages.get(package)
            if package not in told:
                yield ConfigError(f'message type {topic.type} is not installed: {hint}') \
                    if hint else error
            told.add(package)


def _as_patient(topic: Topic, info: Any) -> QoSProfile:
    """Return our offer with the other side's times: unset ones do not compare."""
    offer, asked = to_qos(topic.qos), info.qos_profile
    offer.deadline, offer.liveliness = asked.deadline, asked.liveliness
    offer.liveliness_lease_duration = asked.liveliness_lease_duration
    return offer


def _who(info: Any) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'


def _type_problem(name: str, info: Any, does: str, type_: str,
                  remedies: Mapping[str, str]) -> Problem:
    return Problem(f'type {name}', f'{_who(info)} {does} on {name}, not {type_}',
                   remedies.get(info.topic_type, 'correct the robot file: another model or '
                                                 'another option'))


def _qos_problem(topic: Topic, name: str, info: Any, offered: Any,
                 asked: Any) -> Iterator[Problem]:
    verdict, because = qos_check_compatible(offered, asked)
    if verdict == QoSCompatibility.ERROR:
        why = str(because).replace('ERROR:', '').strip(' ;').lower()
        yield Problem(f'qos {name}', f'{_who(info)} and this adapter cannot connect on {name}, '
                      f'{why}', f'correct its QoS, ours is {topic.qos}')
