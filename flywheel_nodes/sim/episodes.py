"""The embedded policy's episodes: one lap on the course is one attempt."""

from collections.abc import Callable
from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.events import Event, EventName, Outcome
from flywheel_nodes.sim.course import Course

TASK = 'drive_lap'
INSTRUCTION = 'follow the yellow line once around'


@dataclass
class _Attempt:
    id: str
    started_ns: int
    travelled: float = 0.0
    helped: bool = False


class Episodes:
    """
    Laps as events, from where the robot is and who drives it.

    The first one begins when the policy first drives; a lap in which a human had to drive counts
    as a failure of the policy.
    """

    def __init__(self, course: Course, policy: str, new_id: Callable[[], str]) -> None:
        """Begin before the first episode."""
        self._course = course
        self._policy = policy
        self._new_id = new_id
        self._mode = Mode.HOLD
        self._path: float | None = None
        self._attempt: _Attempt | None = None

    def control(self, mode: Mode) -> None:
        """Hear who drives."""
        self._mode = mode
        if self._attempt and mode is Mode.HUMAN:
            self._attempt.helped = True

    def moved(self, x: float, y: float, now_ns: int) -> list[Event]:
        """Take the robot's position, in m; return the episodes that ended and began."""
        path, before = self._course.progress(x, y), self._path
        self._path = path
        if self._attempt is None:
            return [self._start(now_ns)] if self._mode is Mode.POLICY else []
        if before is not None:
            self._attempt.travelled += self._course.gap(before, path)
        if self._attempt.travelled < self._course.length:
            return []
        outcome = Outcome.FAILURE if self._attempt.helped else Outcome.SUCCESS
        return [*self.end(outcome, now_ns), self._start(now_ns)]

    def _start(self, now_ns: int) -> Event:
        self._attempt = _Attempt(self._new_id(), now_ns, helped=self._mode is Mode.HUMAN)
        values = {'episode': self._attempt.id, 'task': TASK, 'instruction': INSTRUCTION,
                  'policy': self._policy}
        return Event(EventName.EPISODE_STARTED, f'{self._policy} begins a lap', now_ns, values)

    def end(self, outcome: Outcome, now_ns: int) -> list[Event]:
        """End the episode that is going on, if there is one."""
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return []
        values = {'episode': attempt.id, 'task': TASK, 'policy': self._policy,
                  'outcome': str(outcome),
                  'duration_s': f'{(now_ns - attempt.started_ns) / SECOND:.3f}'}
        return [Event(EventName.EPISODE_ENDED, f'{self._policy} ended a lap: {outcome}', now_ns,
                      values)]
