"""What the demo holds against the snippet and the metrics; every check raises on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
import math
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from flywheel_nodes.core import topics
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.recording import label as labels
from flywheel_nodes.core.recording.tick_table import Row, TickTable
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.effects.recording import snippet_reader

Series = Mapping[str, float]
STATE_TOPICS = (topics.POLICY_INFO, topics.CONTROL, topics.CONTROL_OWNER, topics.ESTOP)
STREAMS = (topics.JOINT_STATES, topics.ODOM, topics.TICKS, topics.ROBOT_CMD_VEL)
SECOND = 1_000_000_000
TICK_S = 0.02


class CheckError(Exception):
    """Something the demo says would not be true."""


def need(true: bool, otherwise: str) -> None:
    """Raise CheckError unless something is true."""
    if not true:
        raise CheckError(otherwise)


@dataclass(frozen=True)
class Found:
    """What was read back from disk."""

    label: labels.Label
    counts: Mapping[str, int]
    worst_gap_s: Mapping[str, float]
    pre_roll_s: float
    post_roll_s: float


def read_back(folder: Path, namespace: str) -> Found:
    """Read a snippet with rosbags and check that it is whole."""
    label = labels.from_json((folder / 'snippet.json').read_text(encoding='utf-8'))
    full = {t.name: topics.absolute(t.name, namespace) for t in (*STATE_TOPICS, *STREAMS)}
    stamps: dict[str, list[int]] = {}
    with snippet_reader.open_bag(folder) as bag:
        counts = bag.counts()
        for message in bag.messages():
            stamps.setdefault(message.topic, []).append(message.log_ns)
    start = min(times[0] for times in stamps.values())
    end = max(times[-1] for times in stamps.values())
    for topic in STATE_TOPICS:
        first = stamps.get(full[topic.name], [0])[0]
        need(first == start, f'{topic.name} is not at the beginning of the snippet')
    gaps = {t.name: _worst_gap(stamps[full[t.name]]) for t in STREAMS}
    for name, gap in gaps.items():
        need(gap < 0.5, f'{name} has a gap of {gap:.2f} s')
    for name, info in label.topics.items():
        need(counts.get(name, 0) == info.messages, f'{name}: label and file disagree')
    released = max(i.ended_wall_ns for i in label.interventions)
    return Found(label, counts, gaps, (label.window.trigger.wall_ns - start) / SECOND,
                 (end - released) / SECOND)


def _worst_gap(stamps: Sequence[int]) -> float:
    return max((b - a for a, b in pairwise(stamps)), default=0) / SECOND


def check_label(found: Found, operator: str, reason: str, policy: str) -> None:
    """Check that the label says who, what and why."""
    label = found.label
    need(found.pre_roll_s >= 10.0, f'the pre-roll is {found.pre_roll_s:.1f} s, not 10')
    need(found.post_roll_s >= 4.9, f'the post-roll is {found.post_roll_s:.1f} s, not 5')
    need(label.policy is not None and label.policy.name == policy, 'the policy is not named')
    need(label.episode is not None and bool(label.episode.id), 'the episode is not named')
    need(len(label.interventions) == 1, f'{len(label.interventions)} interventions, not one')
    one = label.interventions[0]
    need((one.operator, one.reason) == (operator, reason),
         f'the label says {one.operator}, {one.reason}')
    phases = [segment.phase for segment in one.segments]
    for phase in ('pre_intervention', 'handover', 'recovery', 'correction', 'resume'):
        need(phase in phases, f'phase {phase} is missing: {phases}')


def check_table(table: TickTable, robot: Robot) -> None:
    """Check that the table has a row a tick, tells who drove, and that nothing jumped."""
    need(len(table.rows) > 500, f'only {len(table.rows)} ticks')
    modes = {row.mode for row in table.rows}
    need({'policy', 'hold', 'human'} <= modes, f'modes are {modes}')
    gap = _worst_gap([row.stamp_ns for row in table.rows])
    need(gap < 0.5, f'a gap of {gap:.2f} s between ticks')
    for row in table.rows:
        _check_row(row)
    for i, axis in enumerate(axes(robot)):
        most = max(axis.acceleration, axis.stop) if axis.rate else axis.velocity
        # A late tick may change as much as the time since the one before allows.
        steps = [abs(b.executed[i] - a.executed[i])
                 - most * max(4 * TICK_S, (b.stamp_ns - a.stamp_ns) / SECOND + TICK_S)
                 for a, b in pairwise(table.rows)]
        need(max(steps) <= 0.0, f'{axis.name} jumped')


def _check_row(row: Row) -> None:
    need(all(math.isfinite(value) for value in row.executed), 'a tick without output')
    if row.mode == 'human':
        need(bool(row.operator and row.intervention), 'a human tick without operator')
    if row.mode == 'policy':
        need(any(math.isfinite(value) for value in row.proposed), 'a policy tick without proposal')


def parse(text: str) -> dict[str, float]:
    """Return the series of a scrape by name and labels."""
    return {_key(sample.name, sample.labels): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def _key(name: str, labels_: Mapping[str, str]) -> str:
    inner = ','.join(f'{k}="{v}"' for k, v in sorted(labels_.items()))
    return f'{name}{{{inner}}}' if inner else name


def total(series: Series, name: str) -> float:
    """Return the sum over all labels of a metric."""
    return sum(value for key, value in series.items() if key.split('{')[0] == name)
