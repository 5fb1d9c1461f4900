"""
The state of a robot in numbers; None or '' is what nobody told.

The names of the fields are the keys of `flywheel status --json`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """
    One process; down: why it counts as down; cpu: share of one core; late: p99 in s.

    process: what is known of one that is down on this machine: stopped, pid 4711.
    """

    name: str
    up: bool
    down: str = ''
    cpu: float | None = None
    memory_bytes: float | None = None
    restarts: float | None = None
    late_s: float | None = None
    age_s: float | None = None
    process: str = ''


@dataclass(frozen=True)
class Topic:
    """One topic; age_s: since it was last heard; latency_s: its median; lost_hz: losses per s."""

    name: str
    rate_hz: float | None = None
    expected_hz: float | None = None
    age_s: float | None = None
    lost_hz: float | None = None
    latency_s: float | None = None
    publishers: float | None = None
    subscribers: float | None = None
    silent: bool = False
    mismatches: float | None = None
    competing: float | None = None


@dataclass(frozen=True)
class Score:
    """What a detector of the monitor says of the policy; it alarms from the threshold on."""

    detector: str
    score: float | None
    threshold: float | None


@dataclass(frozen=True)
class Control:
    """
    Who drives, and with what charge.

    mode_s: for how long the mode is the same; more: it began before anybody looked;
    battery_low_ratio: the charge from which on it is a fault.
    """

    mode: str = ''
    mode_s: float | None = None
    more: bool = False
    estop: str = ''
    owner: str = ''
    battery_ratio: float | None = None
    battery_low_ratio: float | None = None


@dataclass(frozen=True)
class Recorder:
    """What becomes snippets."""

    ring_s: float | None = None
    snippets: float | None = None
    free_bytes: float | None = None
    min_free_bytes: float | None = None
    lost_hz: float | None = None
    waiting: float | None = None


@dataclass(frozen=True)
class Host:
    """
    The machine; cpu: share of all its CPUs; hottest_celsius: of its sensors.

    disk: the one that the data directory is on.
    """

    cpu: float | None = None
    cpus: float | None = None
    memory_bytes: float | None = None
    memory_free_bytes: float | None = None
    disk_bytes: float | None = None
    disk_free_bytes: float | None = None
    hottest_celsius: float | None = None
    received_bytes_s: float | None = None
    sent_bytes_s: float | None = None
    synchronized: bool | None = None
    offset_s: float | None = None


@dataclass(frozen=True)
class Teleop:
    """Operators."""

    session: bool | None = None
    connections: float | None = None
    round_trip_s: float | None = None
    help_waiting: float | None = None


@dataclass(frozen=True)
class Facts:
    """Everything known about one robot at one moment."""

    model: str
    version: str
    policy: str
    ready: bool
    control: Control
    nodes: tuple[Node, ...]
    topics: tuple[Topic, ...]
    scores: tuple[Score, ...]
    recorder: Recorder
    host: Host
    teleop: Teleop
