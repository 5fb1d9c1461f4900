"""How often a rule may fire: after a time of quiet, and not too soon after the last time."""

from flywheel_nodes.core.recording.rules import Rule
from flywheel_nodes.core.words import Word


class Refusal(Word):
    """Why a rule whose condition was met made no snippet."""

    COOLDOWN = 'cooldown'
    INTERVAL = 'min_interval'
    OPEN = 'too_many_open'
    RATE = 'rate_limit'


class Gate:
    """The memory of one rule."""

    def __init__(self, rule: Rule) -> None:
        """Begin without a firing."""
        self._rule = rule
        self._met: int | None = None
        self._fired: int | None = None
        self._before: tuple[int | None, int | None] = (None, None)

    def ask(self, now_ns: int) -> Refusal | None:
        """
        Take that the condition is met; return why the rule may not fire, None when it does.

        A condition that is met again and again keeps its cooldown going.
        """
        met, self._met = self._met, now_ns
        if met is not None and now_ns - met < self._rule.cooldown_ns:
            return Refusal.COOLDOWN
        if self._fired is not None and now_ns - self._fired < self._rule.interval_ns:
            return Refusal.INTERVAL
        self._before = met, self._fired
        self._fired = now_ns
        return None

    def give_back(self) -> None:
        """Take that the last firing got no snippet: it counts neither for quiet nor interval."""
        self._met, self._fired = self._before

    def ended(self, now_ns: int) -> None:
        """Take that the condition no longer holds: the cooldown counts from here."""
        self._met = now_ns

    def rearm(self, at_ns: int) -> None:
        """End the cooldown of what was met until then."""
        if self._met is not None and self._met <= at_ns:
            self._met = None
