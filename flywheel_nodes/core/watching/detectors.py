"""
What can be told of a policy from its topics alone; each detector gives one score.

A score at or above its threshold is a cause for alarm (core/watching/alarm.py). Scores have units,
so that a person can set their thresholds: seconds, m/s, rad, chunks.
"""

from collections import deque
from collections.abc import Sequence
import math

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.driving.chunks import Proposal, Vector


class Cadence:
    """Gaps and rate of the chunks, on the monotonic clock."""

    def __init__(self, count: int = 10) -> None:
        """Judge the rate over the last count chunks."""
        self._arrivals: deque[int] = deque(maxlen=count)

    def observe(self, arrived_ns: int, pause: float = math.inf) -> None:
        """Take the arrival of a chunk; its rate is judged anew after a pause of so many s."""
        if self.gap(arrived_ns) >= pause:
            self._arrivals.clear()
        self._arrivals.append(arrived_ns)

    def gap(self, now: int) -> float:
        """Return the s since the last chunk, infinity before the first."""
        return (now - self._arrivals[-1]) / SECOND if self._arrivals else math.inf

    def slowness(self, rate: float) -> float:
        """Return the mean interval in units of the expected one, 0 until enough chunks came."""
        if len(self._arrivals) < (self._arrivals.maxlen or 0):
            return 0.0
        mean = (self._arrivals[-1] - self._arrivals[0]) / SECOND / (len(self._arrivals) - 1)
        return mean * rate


class Seam:
    """
    The step between consecutive chunks where they overlap (STAC-single, Sentinel 2024).

    The score is the mean over the newer chunk's points of the Euclidean distance to the older
    chunk at the same moment, in the units of the group.
    """

    def __init__(self) -> None:
        """Begin without a chunk."""
        self._last: Proposal | None = None

    def observe(self, new: Proposal) -> float | None:
        """Return the score of a new chunk, None where nothing overlaps."""
        last, self._last = self._last, new
        if last is None:
            return None
        shift = new.chunk.stamp_ns - last.chunk.stamp_ns
        steps = [math.dist(old, value)
                 for offset, value in zip(new.chunk.offsets_ns, new.chunk.values, strict=True)
                 if offset + shift >= last.chunk.offsets_ns[0]
                 and (old := last.chunk.sample(offset + shift)) is not None]
        return sum(steps) / len(steps) if steps else None


class Frozen:
    """How many chunks in a row were the same to the last bit although they ask for motion."""

    def __init__(self) -> None:
        """Begin without a chunk."""
        self._last: tuple[Vector, ...] = ()
        self.count = 0

    def observe(self, values: tuple[Vector, ...], moves: bool) -> None:
        """Take a chunk; moves: it asks for motion, or the robot does move."""
        same = moves and values == self._last
        self.count = self.count + 1 if same else 0
        self._last = values


class Progress:
    """Whether the robot gets anywhere while the policy drives."""

    def __init__(self, window: float) -> None:
        """Judge the last window s."""
        self._window_ns = int(window * SECOND)
        self._places: deque[tuple[int, tuple[float, float], Vector]] = deque()

    def reset(self) -> None:
        """Forget, because somebody else drives."""
        self._places.clear()

    def observe(self, now: int, base: tuple[float, float], joints: Vector) -> None:
        """Take where the robot is: x, y in odom (m) and joint positions (rad or m)."""
        self._places.append((now, base, joints))
        while len(self._places) > 1 and self._places[1][0] <= now - self._window_ns:
            self._places.popleft()

    def travel(self) -> tuple[float, float] | None:
        """
        Return how far base and joints came within the window, None before it is full.

        The base's reach is the largest distance from where the window began, in m; the joints' is
        the largest range of any one of them, in rad or m.
        """
        places = self._places
        if not places or places[-1][0] - places[0][0] < self._window_ns:
            return None
        base = max(math.dist(places[0][1], place) for _, place, _ in places)
        joints = [max(column) - min(column)
                  for column in zip(*(joints for _, _, joints in places), strict=True)]
        return base, max(joints, default=0.0)


class Tracking:
    """The mean distance between what was commanded and what was measured."""

    def __init__(self, window: float) -> None:
        """Average over window s."""
        self._window_ns = int(window * SECOND)
        self._errors: deque[tuple[int, float]] = deque()

    def reset(self) -> None:
        """Forget, because somebody else drives."""
        self._errors.clear()

    def observe(self, now: int, commanded: Sequence[float], measured: Sequence[float]) -> None:
        """Take a pair of vectors of the same units."""
        if all(math.isfinite(value) for value in (*commanded, *measured)):
            self._errors.append((now, math.dist(commanded, measured)))
        while self._errors and self._errors[0][0] < now - self._window_ns:
            self._errors.popleft()

    def error(self, now: int) -> float:
        """
        Return the mean error over the window, 0 before half of it is filled.

        Time before the first pair counts as without error: who sets off lags behind for a moment,
        and who is blocked is found as soon all the same.
        """
        if not self._errors or now - self._errors[0][0] < self._window_ns // 2:
            return 0.0
        filled = min(1.0, (now - self._errors[0][0]) / self._window_ns)
        return filled * sum(error for _, error in self._errors) / len(self._errors)
