"""
The label of a snippet: what happened, to whom, who drove, and what is in the file.

snippet.json is written once and never changed; what changes later is in state.json. All stamps
are nanoseconds: wall clock since the epoch, or the robot's monotonic clock where named so.
"""

from dataclasses import dataclass, field
import json

from flywheel_nodes.core.control import PolicyInfo
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.plain import from_plain, to_plain

SCHEMA = 'flywheel.snippet/1'


@dataclass(frozen=True)
class RobotInfo:
    """Whose snippet it is."""

    name: str
    model: str = ''
    serial: str = ''
    namespace: str = '/'


@dataclass(frozen=True)
class EpisodeInfo:
    """The episode during which the trigger came; outcome is empty while it goes on."""

    id: str
    task: str = ''
    instruction: str = ''
    policy: str = ''
    started_wall_ns: int = 0
    outcome: str = ''


@dataclass(frozen=True)
class TriggerInfo:
    """One cause of the snippet: the event, when it came, and the rule that it set off."""

    name: str
    event: str
    wall_ns: int
    mono_ns: int
    sentence: str = ''
    rule: str = ''


@dataclass(frozen=True)
class EventInfo:
    """One event within the snippet."""

    id: str
    name: str
    level: str
    sentence: str
    source: str
    wall_ns: int
    mono_ns: int
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Segment:
    """A stretch in which nothing about the control changed; wall clock."""

    mode: str
    phase: str
    gate: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class InterventionInfo:
    """
    One intervention; ended_wall_ns is 0 while it goes on.

    segments: from pre_intervention, which is what came before the takeover, to the resume; sight:
    how the operator saw the robot, video or direct.
    """

    id: str
    operator: str = ''
    reason: str = ''
    outcome: str = ''
    note: str = ''
    started_wall_ns: int = 0
    ended_wall_ns: int = 0
    segments: tuple[Segment, ...] = ()
    sight: str = ''


@dataclass(frozen=True)
class Moment:
    """A time on both clocks."""

    wall_ns: int
    mono_ns: int


@dataclass(frozen=True)
class WindowInfo:
    """
    The time covered.

    start: as asked for, the ring may not have reached back that far; cut: the end came before
    the causes were over (max_duration, shut-down, crash).
    """

    start: Moment
    trigger: Moment
    end: Moment
    pre_roll_s: float
    post_roll_s: float
    cut: bool = False


@dataclass(frozen=True)
class ClockStep:
    """A jump of the wall clock; stamps after it are given on the clock of the trigger."""

    mono_ns: int
    step_ns: int


@dataclass(frozen=True)
class ClockInfo:
    """
    The clock behind the receive times.

    sim_time: a simulation published its own time on /clock, which the snippet then contains.
    """

    source: str = 'system'
    steps: tuple[ClockStep, ...] = ()
    sim_time: bool = False


@dataclass(frozen=True)
class TopicInfo:
    """
    What the file holds of a topic.

    lost: messages that should be there, None where nobody can tell; missing: those and the ones
    left out on purpose, by place. A topic of which all is missing has no messages and no stamps.
    """

    type: str
    messages: int
    bytes: int
    lost: int | None
    first_ns: int
    last_ns: int
    latched: bool = False
    missing: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LatchedInfo:
    """A state message from before the window, written at its first stamp: its own stamps."""

    topic: str
    publisher: str
    source_ns: int
    received_ns: int


@dataclass(frozen=True)
class Provenance:
    """What wrote the snippet."""

    software: str
    config_sha256: str = ''
    robot_sha256: str = ''


@dataclass(frozen=True)
class FileInfo:
    """A file beside the label."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Label:
    """The whole label; sources: the ids of the snippets that a merge was made of."""

    id: str
    name: str
    robot: RobotInfo
    trigger: str
    triggers: tuple[TriggerInfo, ...]
    window: WindowInfo
    provenance: Provenance
    policy: PolicyInfo | None = None
    episode: EpisodeInfo | None = None
    events: tuple[EventInfo, ...] = ()
    interventions: tuple[InterventionInfo, ...] = ()
    clock: ClockInfo = ClockInfo()
    topics: dict[str, TopicInfo] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
    latched: tuple[LatchedInfo, ...] = ()
    files: tuple[FileInfo, ...] = ()
    recovered: str = ''
    sources: tuple[str, ...] = ()
    priority: int = 50
    schema: str = SCHEMA

    @property
    def messages(self) -> int:
        """How many messages the file holds."""
        return sum(topic.messages for topic in self.topics.values())

    @property
    def duration_s(self) -> float:
        """Time from the first to the last message, in s."""
        first = min((t.first_ns for t in self.topics.values() if t.messages), default=0)
        last = max((t.last_ns for t in self.topics.values()), default=0)
        return (last - first) / 1e9

    @property
    def bytes(self) -> int:
        """The size of the files beside the label."""
        return sum(file.bytes for file in self.files)


def to_json(label: Label) -> str:
    """Return the text of snippet.json."""
    return json.dumps(to_plain(label), indent=1) + '\n'


def from_json(text: str) -> Label:
    """Read snippet.json; raises WireError for another schema or a damaged label."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f'not a snippet label: {error}') from None
    label = from_plain(Label, raw, 'label')
    if label.schema != SCHEMA:
        raise WireError(f'{label.schema!r} is not {SCHEMA}')
    return label
