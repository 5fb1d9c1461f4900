"""
Interventions: from a takeover to its release, and how the policy fared after the next resume.

A policy that drives on alone for a while, or ends its episode in success, was resumed well; one
that is taken over, stopped or held by the monitor before was not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, Sight
from flywheel_nodes.core.events import EventName, Outcome, Phase, Reason

NOTE = 500
RESUME_NS = 2 * SECOND
AGAINST = (Gate.HUMAN, Gate.MONITOR, Gate.STOP, Gate.ESTOP, Gate.NATIVE)
Say = Callable[..., None]


@dataclass(frozen=True)
class Intervention:
    """An intervention that is going on."""

    id: str
    operator: str
    started_ns: int


class Interventions:
    """At most one intervention at a time, and at most one that waits to be judged."""

    def __init__(self, new_id: Callable[[], str], say: Say) -> None:
        """
        Begin without any.

        :param new_id: gives the identifiers
        :param say: called with an event's name, its sentence, the time and the event's values
        """
        self.current: Intervention | None = None
        self.phase = Phase.NONE
        self._new_id = new_id
        self._say = say
        self._waiting = ''
        self._resumed_ns: int | None = None

    @property
    def id(self) -> str:
        """The identifier of the one that goes on, '' without one."""
        return self.current.id if self.current else ''

    def begin(self, operator: str, sight: Sight, gate: Gate, now: int) -> None:
        """Note a takeover; gate: what kept the policy from driving before."""
        if self._resumed_ns is None:
            self._judge('unknown', 'another takeover came before a resume', now)
        else:
            self._judge('false', f'{operator} took over again', now)
        self._resumed_ns = None
        self.current = Intervention(self._new_id(), operator, now)
        self.phase = Phase.HANDOVER
        self._say(EventName.INTERVENTION_STARTED, f'{operator} takes over', now,
                  intervention=self.id, operator=operator, gated_by=gate, sight=sight)

    def mark(self, phase: Phase, now: int) -> None:
        """Note what the operator marks the driving as: recovery or correction."""
        if self.current is None or phase is self.phase or (
                phase not in (Phase.RECOVERY, Phase.CORRECTION)):
            return
        self.phase = phase
        self._say(EventName.INTERVENTION_PHASE, f'the intervention is in its {phase}', now,
                  intervention=self.id, phase=phase)

    def end(self, reason: Reason, outcome: Outcome, note: str, now: int) -> None:
        """Note the release; from now on a resume is waited for, to be judged."""
        one, self.current = self.current, None
        if one is None:
            return
        self.phase, self._waiting, self._resumed_ns = Phase.RESUME, one.id, None
        self._say(EventName.INTERVENTION_ENDED, f'{one.operator} let go ({reason}, {outcome})',
                  now, intervention=one.id, operator=one.operator, reason=reason,
                  outcome=outcome, note=note[:NOTE],
                  duration_s=f'{(now - one.started_ns) / SECOND:.3f}')

    # --- how the policy fares afterwards --------------------------------------------------------

    def resumed(self, now: int) -> None:
        """Note that the policy drives again."""
        self._resumed_ns = now

    def policy_left(self, gate: Gate, reason: str, now: int) -> None:
        """Note that the policy drives no more."""
        if self._resumed_ns is not None:
            self._judge('false' if gate in AGAINST else 'unknown', reason, now)
        self._resumed_ns = None
        if self.phase is Phase.RESUME:
            self.phase = Phase.NONE

    def episode_ended(self, outcome: Outcome, at: int, now: int) -> None:
        """Note how an episode ended, at a monotonic time: an older one says nothing."""
        if self._resumed_ns is None or at < self._resumed_ns:
            return
        if outcome is Outcome.SUCCESS:
            self._judge('true', 'the episode ended in success', now)
        elif outcome is Outcome.FAILURE:
            self._judge('false', 'the episode ended in failure', now)

    def tick(self, now: int, long_enough: float) -> None:
        """Apply what time changes; long_enough: s for which a resumed policy must drive alone."""
        if self._resumed_ns is None:
            return
        if self.phase is Phase.RESUME and now - self._resumed_ns >= RESUME_NS:
            self.phase = Phase.NONE
        if now - self._resumed_ns >= long_enough * SECOND:
            self._judge('true', f'the policy drove alone for {long_enough:g} s', now)

    def _judge(self, verdict: str, because: str, now: int) -> None:
        waiting, self._waiting = self._waiting, ''
        if waiting:
            self._say(EventName.INTERVENTION_JUDGED, f'resumed well: {verdict}, {because}', now,
                      intervention=waiting, resumed_ok=verdict, because=because)
