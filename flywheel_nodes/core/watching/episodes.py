"""Episodes: attempts of a policy at its task, told by its own events or by services."""

from collections import OrderedDict
from collections.abc import Callable

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import PolicyInfo
from flywheel_nodes.core.events import Event, EventName, Outcome

Answer = tuple[bool, str, Event | None]


class Seen:
    """The ids of events that were heard already; latched events come again to late joiners."""

    def __init__(self, most: int = 1000) -> None:
        """Remember at most that many."""
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._most = most

    def add(self, identifier: str) -> bool:
        """Return whether an id is new."""
        if identifier in self._ids:
            return False
        self._ids[identifier] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return True


class Episodes:
    """The episode that services start and end, and a count of everybody's, each once."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        """Begin between episodes."""
        self._new_id = new_id
        self._seen = Seen()
        self._current: tuple[str, PolicyInfo, int] | None = None

    def seen(self, event: Event) -> bool:
        """Return whether an event is heard for the first time."""
        return self._seen.add(event.id)

    def start(self, policy: PolicyInfo, now: int) -> Answer:
        """Begin an episode by hand."""
        if self._current:
            return False, f'episode {self._current[0]} is still going on: end it first', None
        self._current = (self._new_id(), policy, now)
        values = {'episode': self._current[0], 'task': policy.task,
                  'instruction': policy.instruction, 'policy': policy.name}
        event = Event(EventName.EPISODE_STARTED, f'{policy.name} begins {policy.task}', now,
                      values)
        return True, self._current[0], event

    def end(self, success: bool, now: int) -> Answer:
        """End the episode that was begun by hand."""
        if not self._current:
            return False, 'no episode is going on that ~/episode_start began', None
        (identifier, policy, began), self._current = self._current, None
        outcome = Outcome.SUCCESS if success else Outcome.FAILURE
        event = Event(EventName.EPISODE_ENDED, f'{policy.task} ended in {outcome}', now, {
            'episode': identifier, 'task': policy.task, 'policy': policy.name,
            'outcome': outcome, 'duration_s': f'{(now - began) / SECOND:.3f}'})
        return True, outcome, event
