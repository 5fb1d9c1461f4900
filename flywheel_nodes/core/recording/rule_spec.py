"""The keys of a rule file, each declared once; docs/triggers.md explains them."""

from dataclasses import dataclass, field
from typing import Any

from flywheel_nodes.core.params import param
from flywheel_nodes.core.recording.rules import Mode, Overlap, USUAL_PRIORITY

SCHEMA = 'flywheel.recording/1'
_DAY = 86_400.0


@dataclass(frozen=True)
class FileSpec:
    """The file."""

    schema: str = param(doc=f'always {SCHEMA}', choices=(SCHEMA,))
    rules: tuple[Any, ...] = param(doc='when a snippet is made')
    topics: tuple[Any, ...] = param((), 'how much of each topic is kept')


@dataclass(frozen=True)
class RuleSpec:
    """One entry of rules."""

    name: str = param(doc='names the snippets: a-z, 0-9 and _')
    when: Any = param(doc='one of event, topic, every, episode')
    pre_roll: float | None = param(None, 'before the trigger', unit='s', low=0.0, high=3600.0)
    post_roll: float | None = param(None, 'after its end', unit='s', low=0.0, high=600.0)
    hold_open: float = param(0.0, 'it waits this long for a takeover', unit='s', low=0.0,
                             high=600.0)
    max_duration: float | None = param(None, 'longest snippet', unit='s', low=1.0, high=7200.0)
    cooldown: float | None = param(None, 'quiet time needed before it fires again', unit='s',
                                   low=0.0, high=_DAY)
    rearm: Any = param(None, 'an event that ends the cooldown')
    min_interval: float = param(0.0, 'between two firings', unit='s', low=0.0, high=_DAY)
    priority: int = param(USUAL_PRIORITY, '100 is refused and deleted last', low=0, high=100)
    overlap: str | None = param(None, 'within an open window', choices=tuple(Overlap))


@dataclass(frozen=True)
class EventSpec:
    """when: {event: ...}."""

    event: Any = param(doc='a name of docs/events.md, or a list of them')
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldSpec:
    """when: {topic: ...}."""

    topic: str = param(doc="relative to the robot's namespace unless it starts with /")
    field: str = param(doc='a path in its messages, or a derivation of one')
    above: float | None = param(None, 'holds above this')
    below: float | None = param(None, 'holds below this')
    outside: tuple[float, ...] = param((), 'holds outside of [low, high]')
    equals: Any = param(None, 'holds for this value or one of a list')
    mode: str = param(str(Mode.EDGE), 'fire once, or last while it holds', choices=tuple(Mode))
    for_: float = param(0.0, 'it must hold this long', unit='s', low=0.0, high=3600.0)
    check_rate: float = param(10.0, 'looks at most this often', unit='Hz', low=0.01, high=1000.0)


@dataclass(frozen=True)
class CheckSpec:
    """The mapping form of a condition on an event's value."""

    above: float | None = param(None, 'holds above this')
    below: float | None = param(None, 'holds below this')
    outside: tuple[float, ...] = param((), 'holds outside of [low, high]')
    equals: Any = param(None, 'holds for this value or one of a list')


@dataclass(frozen=True)
class TimeSpec:
    """when: {every: ...}."""

    every: float = param(doc='time between two samples', unit='s', low=1.0, high=_DAY)


@dataclass(frozen=True)
class EpisodeSpec:
    """when: {episode: ...}."""

    episode: Any = param(doc='an outcome, or a list of them')
    share: float = param(1.0, 'of the episodes', low=0.0, high=1.0)


@dataclass(frozen=True)
class TopicSpec:
    """One entry of topics."""

    match: str = param(doc='pattern of names, relative unless it starts with /')
    keep: float | None = param(None, 'time in the ring', unit='s', low=0.0, high=3600.0)
    bytes: int | None = param(None, 'at most so many in the ring', unit='B', low=0, high=2**36)
    max_rate: float | None = param(None, 'messages per second', unit='Hz', low=0.01, high=1e5)
