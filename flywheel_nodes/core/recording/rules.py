"""
What shall be recorded: rules from conditions to snippets, and windows of topics.

core/recording/rule_file.py reads them from a file, core/recording/triggers.py applies them.
"""

from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import Event, EventName, Outcome
from flywheel_nodes.core.recording.checks import Check
from flywheel_nodes.core.recording.fields import Field
from flywheel_nodes.core.words import Word

USUAL_PRIORITY = 50


class Overlap(Word):
    """What a trigger does within an open window: join it, or make a snippet of its own."""

    EXTEND = 'extend'
    SEPARATE = 'separate'


class Mode(Word):
    """Whether a condition on a field fires once, or holds its snippet open while it holds."""

    EDGE = 'edge'
    LEVEL = 'level'


@dataclass(frozen=True)
class OnEvent:
    """When one of these events comes, with values as asked for."""

    names: tuple[EventName, ...]
    where: tuple[tuple[str, Check], ...] = ()

    def meets(self, event: Event) -> bool:
        """Tell whether an event is meant."""
        return event.name in self.names and all(
            check.holds_for(event.values.get(key)) for key, check in self.where)

    def __str__(self) -> str:
        """Return it as a person says it."""
        asked = ', '.join(f'{key} {check}' for key, check in self.where)
        return ' or '.join(self.names) + (f' where {asked}' if asked else '')


@dataclass(frozen=True)
class OnField:
    """When a field of a topic's messages passes a check for hold_ns; looked at every check_ns."""

    topic: str
    field: Field
    check: Check
    mode: Mode = Mode.EDGE
    hold_ns: int = 0
    check_ns: int = SECOND // 10

    def __str__(self) -> str:
        """Return it as a person says it."""
        hold = f' for {self.hold_ns / SECOND:g} s' if self.hold_ns else ''
        while_ = ', while it holds' if self.mode is Mode.LEVEL else ''
        return f'{self.topic} {self.field.text} {self.check}{hold}{while_}'


@dataclass(frozen=True)
class OnTime:
    """Each time so much time has passed."""

    every_ns: int

    def __str__(self) -> str:
        """Return it as a person says it."""
        return f'every {self.every_ns / SECOND:g} s'


@dataclass(frozen=True)
class OnEpisode:
    """Whole episodes of these outcomes, a share of them."""

    outcomes: tuple[Outcome, ...]
    share: float = 1.0

    def __str__(self) -> str:
        """Return it as a person says it."""
        return f'{self.share:.3g} of the episodes that end in {" or ".join(self.outcomes)}'


When = OnEvent | OnField | OnTime | OnEpisode


@dataclass(frozen=True)
class Rule:
    """
    One rule; times in ns.

    pre_ns, post_ns: the snippet's time before the trigger and after its end; open_ns: how long it
    stays open for an answer; max_ns: its longest duration; cooldown_ns: quiet time needed before
    it fires again; interval_ns: least time between two firings; rearm: what ends a cooldown.
    """

    name: str
    when: When
    pre_ns: int
    post_ns: int
    max_ns: int
    open_ns: int = 0
    cooldown_ns: int = 0
    interval_ns: int = 0
    priority: int = USUAL_PRIORITY
    overlap: Overlap = Overlap.EXTEND
    rearm: OnEvent | None = None

    def __post_init__(self) -> None:
        """Refuse lengths that would cut a snippet short."""
        least = self.pre_ns + max(self.post_ns, self.open_ns)
        if least > self.max_ns:
            after = 'post_roll' if self.post_ns >= self.open_ns else 'hold_open'
            raise ConfigError(
                f'pre_roll + {after} ({least / SECOND:g} s) do not fit into max_duration '
                f'({self.max_ns / SECOND:g} s): raise that or lower them')

    @property
    def alone(self) -> bool:
        """Whether its snippets neither join others nor take others in."""
        return self.overlap is Overlap.SEPARATE


@dataclass(frozen=True)
class TopicRule:
    """
    How much of the topics of a pattern is kept; None: as for all others.

    keep: seconds in the ring; bytes: at most so many there; max_rate: messages per second.
    """

    match: str
    keep: float | None = None
    bytes: int | None = None
    max_rate: float | None = None


@dataclass(frozen=True)
class Recording:
    """A whole rule file."""

    rules: tuple[Rule, ...]
    topics: tuple[TopicRule, ...] = ()

    @property
    def max_ns(self) -> int:
        """The longest duration of any snippet."""
        return max((rule.max_ns for rule in self.rules), default=0)

    def check_ring(self, ring_s: float, where: str) -> None:
        """Refuse, naming the rule, a pre-roll that reaches further back than the ring."""
        for rule in self.rules:
            if rule.pre_ns > ring_s * SECOND:
                raise ConfigError(
                    f'{where}: rule {rule.name}: pre_roll ({rule.pre_ns / SECOND:g} s) is longer '
                    f'than ring_seconds ({ring_s:g} s): raise that or lower it')
