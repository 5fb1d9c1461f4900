"""What keeps this stack from commanding a robot: told once it lasts, and again when it is gone."""

from collections.abc import Iterable
from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName

LASTS_NS = 2 * SECOND


@dataclass(frozen=True)
class Problem:
    """
    Something wrong between this stack and the robot.

    key: which one it is; rival: somebody else commands the robot; blocks: nothing may be
    commanded meanwhile.
    """

    key: str
    sentence: str
    remedy: str = ''
    rival: bool = False
    blocks: bool = True


class Problems:
    """
    The problems of one robot.

    Each counts at once, but is told only when it has lasted for 2 s: while nodes come up, much is
    missing for a moment.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._since: dict[str, int] = {}
        self._told: dict[str, Problem] = {}
        self.now: dict[str, Problem] = {}

    @property
    def rival(self) -> bool:
        """Whether somebody else commands the robot."""
        return any(problem.rival for problem in self.now.values())

    @property
    def blocking(self) -> str:
        """Why nothing may be commanded now, '' when nothing speaks against it."""
        return next((one.sentence for one in self.now.values() if one.blocks), '')

    def update(self, found: Iterable[Problem], now_ns: int) -> list[Event]:
        """Take all that is wrong now; return what there is to tell."""
        before, self.now = self.now, {problem.key: problem for problem in found}
        self._since = {key: self._since[key] if before.get(key) == problem else now_ns
                       for key, problem in self.now.items()}
        return [*self._solved(now_ns), *self._lasting(now_ns)]

    def _lasting(self, now_ns: int) -> list[Event]:
        news = [problem for key, problem in self.now.items()
                if self._told.get(key) != problem and now_ns - self._since[key] >= LASTS_NS]
        self._told.update({problem.key: problem for problem in news})
        return [Event(EventName.ROBOT_PROBLEM,
                      one.sentence + (f': {one.remedy}' if one.remedy else ''), now_ns,
                      {'problem': one.key, 'remedy': one.remedy}) for one in news]

    def _solved(self, now_ns: int) -> list[Event]:
        gone = [self._told.pop(key) for key in list(self._told) if key not in self.now]
        return [Event(EventName.ROBOT_PROBLEM_SOLVED, f'no longer: {one.sentence}', now_ns,
                      {'problem': one.key}) for one in gone]
