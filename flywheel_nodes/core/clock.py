"""Two clocks: the monotonic one that decides, and the wall clock that only names."""

from dataclasses import dataclass

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
STEP_NS = SECOND // 2


@dataclass(frozen=True)
class Now:
    """One moment on both clocks, in ns: read once per loop and handed down."""

    mono: int
    wall: int

    @property
    def wall_minus_mono(self) -> int:
        """The difference that maps wall-clock stamps to the monotonic clock."""
        return self.wall - self.mono


@dataclass(frozen=True)
class Sync:
    """
    Whether a time service steers the wall clock, and who says so.

    error: its largest error in s; offset: how far the true time is ahead of our clock in s; None
    where that is not told.
    """

    synced: bool
    by: str
    error: float | None = None
    offset: float | None = None


class StepWatch:
    """Notices when the wall clock jumps against the monotonic one."""

    def __init__(self) -> None:
        """Begin without a reading."""
        self._offset: int | None = None

    def observe(self, now: Now) -> int:
        """Return the size of a jump since the last reading in ns, 0 when there was none."""
        last, self._offset = self._offset, now.wall_minus_mono
        step = 0 if last is None else self._offset - last
        return step if abs(step) > STEP_NS else 0
