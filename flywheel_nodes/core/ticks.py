"""
One row per arbiter tick: who drove, what was proposed, requested and applied.

Stamps are split into seconds and nanoseconds, because a float64 of seconds since the epoch
resolves no better than 240 ns. Axes are rates (m/s, rad/s) or positions (rad, m); NaN: absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

HEAD = ('stamp_sec', 'stamp_nanosec', 'mode', 'gate', 'phase', 'epoch', 'seq',
        'obs_sec', 'obs_nanosec', 'blend', 'limits', 'cap', 'frame_age')
VECTORS = ('proposed', 'requested', 'applied')
# Columns that older recordings lack, and what stands for them.
LATER = {'cap': 1.0, 'frame_age': 0.0}
_BILLION = 1_000_000_000


@dataclass(frozen=True)
class Tick:
    """
    One tick of the arbiter; the vectors follow the order of its axes.

    obs_ns: stamp of the observation behind the policy's proposal, 0 without one; blend: share of
    the new controller in 0..1; limits: bits of core/driving/limits.py that clamped the output;
    cap: share of the speed limits that a human may use, because of frame_age: age in s of the
    newest camera frame the operator has displayed, 0 without one.
    """

    stamp_ns: int
    mode: int
    gate: int
    phase: int
    epoch: int
    seq: int
    obs_ns: int
    blend: float
    limits: int
    proposed: tuple[float, ...]
    requested: tuple[float, ...]
    applied: tuple[float, ...]
    cap: float = 1.0
    frame_age: float = 0.0


def columns(axes: Sequence[str]) -> tuple[str, ...]:
    """Return the column names of a tick row for these axes."""
    return HEAD + tuple(f'{vector}/{axis}' for vector in VECTORS for axis in axes)


def to_row(tick: Tick) -> list[float]:
    """Return a tick as the numbers of flywheel/ticks, in the order of columns()."""
    head = (*divmod(tick.stamp_ns, _BILLION), tick.mode, tick.gate, tick.phase, tick.epoch,
            tick.seq, *divmod(tick.obs_ns, _BILLION), tick.blend, tick.limits, tick.cap,
            tick.frame_age)
    return [float(v) for v in (*head, *tick.proposed, *tick.requested, *tick.applied)]


def from_row(row: Sequence[float]) -> Tick:
    """Return the tick behind a row of flywheel/ticks."""
    (sec, nanosec, mode, gate, phase, epoch, seq, obs_sec, obs_nanosec, blend,
     limits, cap, frame_age) = row[:len(HEAD)]
    rest = tuple(row[len(HEAD):])
    n = len(rest) // len(VECTORS)
    return Tick(int(sec) * _BILLION + int(nanosec), int(mode), int(gate), int(phase), int(epoch),
                int(seq), int(obs_sec) * _BILLION + int(obs_nanosec), blend, int(limits),
                rest[:n], rest[n:2 * n], rest[2 * n:], cap, frame_age)


def complete(names: Sequence[str], row: Sequence[float]) -> list[float]:
    """
    Return a row with these columns in the order of columns(), without those nobody knows.

    :raises KeyError: a column is missing
    """
    known = LATER | dict(zip(names, row, strict=True))
    return [known[name] for name in columns(axes_of(names))]


def axes_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the axes that a row with these columns speaks of."""
    return tuple(name.split('/', 1)[1] for name in names if name.startswith('applied/'))


def absent(n: int) -> tuple[float, ...]:
    """Return a vector of n axes about which nothing is known."""
    return (math.nan,) * n
