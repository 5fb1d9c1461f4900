"""
Who drives the robot: POLICY, HOLD, HUMAN or STOPPED.

Nothing returns to the policy by itself: POLICY and leaving STOPPED each need an explicit resume,
and a resume out of STOPPED leads to HOLD only, as ISO 13850 asks of the reset of a stop.
"""

from collections.abc import Callable

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Control, Gate, Mode, Request, TeleopCommand
from flywheel_nodes.core.driving.gates import Gates, SAYS, SILENCE
from flywheel_nodes.core.driving.interventions import Interventions
from flywheel_nodes.core.driving.session import Refusal, Session
from flywheel_nodes.core.events import Event, EventName, Outcome, Reason
from flywheel_nodes.core.words import word

Answer = tuple[bool, str]


class Authority:
    """The state machine: inputs as they come, then tick() once per period."""

    def __init__(self, config: ArbiterConfig, gates: Gates, new_id: Callable[[], str],
                 restarted: bool = False) -> None:
        """
        Begin in HOLD, or in STOPPED when the last run did not end cleanly.

        :param new_id: gives the identifiers of interventions
        """
        self.config = config
        self.gates = gates
        self.mode = Mode.STOPPED if restarted else Mode.HOLD
        self.gate = Gate.RESTARTED if restarted else Gate.STARTING
        self.reason = ('the arbiter was restarted after a crash' if restarted
                       else 'started; resume lets the policy drive')
        self.interventions = Interventions(new_id, self._say)
        self.handed_over_ns = 0
        self._session: Session | None = None
        self._burnt_epoch = 0
        self._asked = -1
        self._events: list[Event] = []

    # --- inputs ---------------------------------------------------------------------------------

    def competing(self, topic: str, nodes: tuple[str, ...], now: int) -> None:
        """Hear who else publishes what moves the robot; nodes () means nobody."""
        if self.gates.competing(topic, nodes):
            names = ', '.join(nodes)
            self._say(EventName.COMPETING_PUBLISHER, f'{names} also publishes {topic}', now,
                      topic=topic, nodes=names)
            self.heed(now)

    def stop(self, by: str, now: int) -> Answer:
        """Stop and stay stopped; anybody may ask at any time."""
        self._say(EventName.STOP_REQUESTED, f'{by} asked for a stop', now, by=by)
        if self.mode is not Mode.STOPPED:
            self._stop(Gate.STOP, f'stopped by {by}', now)
        return True, 'stopped; two resumes let the policy drive again'

    def resume(self, by: str, now: int, observed_ns: int | None) -> Answer:
        """
        Clear a stop, or else let the policy drive.

        :param observed_ns: monotonic time of the observation behind what the policy proposes for
            now, None when it proposes nothing; it must be newer than the last hand-over
        """
        because = self._against_resume(now, observed_ns)
        if because:
            self._say(EventName.RESUME_REFUSED, f'resume refused: {because}', now, by=by,
                      because=because)
            return False, because
        if self.mode is Mode.STOPPED:
            self._enter(Mode.HOLD, Gate.STARTING, f'{by} cleared the stop', now)
            return True, 'the stop is cleared and the robot holds; resume again for the policy'
        self._enter(Mode.POLICY, Gate.NONE, f'resumed by {by}', now)
        return True, 'the policy drives'

    def _against_resume(self, now: int, observed_ns: int | None) -> str:
        if self.mode is Mode.POLICY:
            return 'the policy drives already'
        blocked = self.gates.for_everybody(now)
        if self.mode is Mode.STOPPED:
            return SAYS[blocked] if blocked in (Gate.ESTOP, Gate.ESTOP_UNKNOWN) else ''
        if self._session:
            return f'{self._session.operator} holds the robot and must release it first'
        gate = blocked if blocked is not Gate.NONE else self.gates.for_policy(now)
        if gate is not Gate.NONE:
            return self.gates.says(gate)
        if observed_ns is None or observed_ns <= self.handed_over_ns:
            return 'the policy proposes nothing from an observation newer than the hand-over'
        return ''

    # --- teleop ---------------------------------------------------------------------------------

    def command(self, command: TeleopCommand, now: int) -> Refusal:
        """Take a command of the lease holder; stops are taken from anybody."""
        if command.request is Request.STOP:
            self._asked = max(self._asked, command.seq)  # what was asked before it is void
            if self.mode is not Mode.STOPPED:
                self.stop(command.operator or 'somebody', now)
            return Refusal.NONE
        if command.request is Request.RELEASE:
            return self._release(command, now)
        refusal = self._admit(command, now)
        if refusal is not Refusal.NONE or self._session is None:
            return refusal
        self._session.heard_ns = now
        if command.request is Request.DRIVE:
            return self._drive(self._session, command, now)
        self._session.rested(command.seq)
        return Refusal.NONE

    def is_new_resume(self, command: TeleopCommand) -> bool:
        """Say whether a request to resume, which the relay repeats, was not answered yet."""
        fresh, self._asked = command.seq > self._asked, max(self._asked, command.seq)
        return fresh

    def _admit(self, command: TeleopCommand, now: int) -> Refusal:
        """Check the authority behind a command; a newer lease begins a takeover."""
        session = self._session
        if command.epoch <= self._burnt_epoch or (session and command.epoch < session.epoch):
            return Refusal.OLD_EPOCH
        if session and command.epoch == session.epoch:
            return Refusal.NONE if command.lease == session.lease else Refusal.WRONG_LEASE
        if self.mode is Mode.STOPPED:
            return Refusal.BLOCKED
        self._end_session(now, Reason.OTHER, Outcome.ABORTED, 'another lease began')
        self._session = Session(command, self._tripped)
        self.interventions.begin(command.operator, command.sight, self.gate, now)
        self._enter(Mode.HOLD, Gate.HUMAN, f'{command.operator} takes over', now)
        return Refusal.NONE

    def _drive(self, session: Session, command: TeleopCommand, now: int) -> Refusal:
        blocked = self.gates.for_everybody(now) is not Gate.NONE
        refusal = session.drive(command, now, self.config, blocked)
        if session.driving and refusal is Refusal.NONE:
            if self.mode is not Mode.HUMAN:
                self._enter(Mode.HUMAN, Gate.NONE, f'{session.operator} drives', now)
            self.interventions.mark(command.phase, now)
        return refusal

    def _tripped(self, operator: str, because: str, now: int) -> None:
        self._say(EventName.DEADMAN_TRIPPED, f'{operator}: {because}', now,
                  operator=operator, because=because)

    def _release(self, command: TeleopCommand, now: int) -> Refusal:
        if self._session is None or command.epoch != self._session.epoch:
            return Refusal.OLD_EPOCH
        if command.lease != self._session.lease:
            return Refusal.WRONG_LEASE
        self._end_session(now, word(Reason, command.reason, Reason.OTHER),
                          word(Outcome, command.outcome, Outcome.UNKNOWN), command.note)
        return Refusal.NONE

    def _end_session(self, now: int, reason: Reason, outcome: Outcome, note: str) -> None:
        if self._session is None:
            return
        self._burnt_epoch = self._session.epoch
        operator, self._session = self._session.operator, None
        if self.mode is not Mode.STOPPED:
            self._enter(Mode.HOLD, Gate.HUMAN, f'released by {operator}: {note or outcome}', now)
        self.handed_over_ns = now
        self.interventions.end(reason, outcome, note, now)

    # --- what robot and monitor say -------------------------------------------------------------

    def heed(self, now: int) -> None:
        """Apply a word of theirs at once, so that what the next one takes back is not missed."""
        # Silence is for the tick to judge, when everything that waits has been heard.
        everybody, policy = (Gate.NONE if gate in SILENCE else gate for gate in (
            self.gates.for_everybody(now), self.gates.for_policy(now)))
        self._apply(everybody, policy, now)

    def paused(self, now: int) -> None:
        """Hold after a pause of our own: nobody watched, and the robot was stopped meanwhile."""
        if self._session:
            self._session.heard_ns = now  # what was not heard meanwhile is not the relay's silence
        if self.mode in (Mode.POLICY, Mode.HUMAN):
            self._block(Gate.PAUSED, now)

    def _apply(self, everybody: Gate, policy: Gate, now: int) -> None:
        if everybody is Gate.ESTOP and self.mode is not Mode.STOPPED:
            self._stop(everybody, SAYS[everybody], now)
        elif everybody is not Gate.NONE and self.mode in (Mode.POLICY, Mode.HUMAN):
            self._block(everybody, now)
        elif policy is not Gate.NONE and self.mode is Mode.POLICY:
            self._enter(Mode.HOLD, policy, self.gates.says(policy), now)

    # --- each tick ------------------------------------------------------------------------------

    def tick(self, now: int) -> list[Event]:
        """Apply what time and silence change; return what happened since the last tick."""
        self._apply(self.gates.for_everybody(now), self.gates.for_policy(now), now)
        if self._session:
            self._watch_session(self._session, now)
        self.interventions.tick(now, self.config.judge_time)
        events, self._events = self._events, []
        return events

    @property
    def driving(self) -> bool:
        """Whether the human's newest command may move the robot."""
        return self.mode is Mode.HUMAN and self._session is not None and self._session.driving

    @property
    def cap(self) -> float:
        """Share of the speed limits that the human may use now."""
        return self._session.cap if self._session and self.driving else 1.0

    def frame_age(self, now: int) -> float:
        """Return the age of the frame the operator sees in s, 0 without one."""
        return (self._session.displayed.age(now) if self._session else None) or 0.0

    @property
    def excess_s(self) -> float:
        """How much later the newest driving command came than the fastest of a while, in s."""
        return self._session.excess_ns / SECOND if self._session else 0.0

    @property
    def idle_gate(self) -> Gate:
        """What keeps the present controller from moving the robot."""
        session = self._session
        if session is None or session.driving:
            return self.gate
        # A takeover that has not led to driving yet: what is wrong with the press, if anything.
        claimed = self.gate is Gate.HUMAN and session.gate is not Gate.DEADMAN
        return session.gate if self.mode is Mode.HUMAN or claimed else self.gate

    @property
    def seq(self) -> int:
        """The sequence number of the newest accepted command, 0 without a session."""
        return max(0, self._session.seq) if self._session else 0

    @property
    def epoch(self) -> int:
        """The epoch of the lease, 0 without one."""
        return self._session.epoch if self._session else 0

    def report(self) -> Control:
        """Return the content of flywheel/control."""
        return Control(self.mode, self.idle_gate, self.reason, self.interventions.phase,
                       self._session.operator if self._session else '', self.interventions.id,
                       self.epoch)

    def _block(self, gate: Gate, now: int) -> None:
        if self._session:
            self._session.let_go(gate, armed=False)
        self._enter(Mode.HOLD, gate, SAYS[gate], now)

    def _watch_session(self, session: Session, now: int) -> None:
        session.watch(now, self.config.command_timeout)
        if session.silent(now, self.config.lease_timeout):
            self._end_session(now, Reason.OTHER, Outcome.ABORTED, 'the relay fell silent')

    def _stop(self, gate: Gate, reason: str, now: int) -> None:
        self._enter(Mode.STOPPED, gate, reason, now)
        self._end_session(now, Reason.SAFETY, Outcome.ABORTED, reason)

    def _enter(self, mode: Mode, gate: Gate, reason: str, now: int) -> None:
        before, self.mode, self.gate, self.reason = self.mode, mode, gate, reason
        if mode is before:
            return
        self._say(EventName.CONTROL_CHANGED, f'{before} -> {mode}: {reason}', now,
                  gated_by=gate, reason=reason, **{'from': before, 'to': mode})
        if mode is Mode.POLICY:
            self.interventions.resumed(now)
        elif before is Mode.POLICY:
            self.handed_over_ns = now
            self.interventions.policy_left(gate, reason, now)

    def _say(self, name: EventName, sentence: str, now: int, **values: str) -> None:
        self._events.append(Event(name, sentence, now, {k: str(v) for k, v in values.items()}))
