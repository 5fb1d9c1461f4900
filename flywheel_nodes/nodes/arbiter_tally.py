"""What control_arbiter counts: who drove for how long, what was held, limited and refused."""

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Mode, Request, TeleopCommand
from flywheel_nodes.core.driving.arbitration import Arbiter, Result
from flywheel_nodes.core.driving.gates import Gates
from flywheel_nodes.core.driving.limits import Limit
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.metrics import Metrics
from flywheel_nodes.core.watching.robot_watch import Owner

LIMITS = {Limit.RANGE: 'range', Limit.VELOCITY: 'velocity',
          Limit.ACCELERATION: 'acceleration', Limit.NOT_FINITE: 'not_finite',
          Limit.JERK: 'jerk', Limit.VIDEO_AGE: 'video_age'}
_LABEL = {'policy_chunks_rejected_total': 'reason', 'policy_starvations_total': 'group',
          'teleop_commands_rejected_total': 'reason'}


class Tally:
    """The metrics of one arbiter; what each tick touches is looked up once."""

    def __init__(self, metrics: Metrics, arbiter: Arbiter, gates: Gates) -> None:
        """Begin with nobody having driven."""
        self._metrics = metrics
        self._arbiter = arbiter
        self._gates = gates
        self._last_ns = 0
        self._drove = arbiter.authority.mode
        self._seconds = {mode: metrics.cell('mode_seconds_total', mode=mode) for mode in Mode}
        self._modes = {mode: metrics.cell('mode', mode=mode) for mode in Mode}
        self._since = metrics.cell('mode_since_timestamp_seconds')
        self._owners = {owner: metrics.cell('control_owner', owner=owner) for owner in Owner}
        self._limited = {limit: metrics.cell('ticks_limited_total', limit=name)
                         for limit, name in LIMITS.items()}
        self._estop = metrics.cell('estop_pressed')
        self._taken = metrics.cell('native_takeovers_total')
        self._accepted = metrics.cell('teleop_commands_total')
        self._delay = metrics.cell('teleop_command_delay_seconds')

    def accepted(self, command: TeleopCommand) -> None:
        """Count a command that was taken."""
        self._accepted.value += 1
        if command.request is Request.DRIVE:
            self._delay.observe(self._arbiter.authority.excess_s)

    def take(self, result: Result, now: Now) -> None:
        """Count one tick; the modes' seconds add up to the time from the first tick to now."""
        if self._last_ns:
            self._seconds[self._drove].value += (now.mono - self._last_ns) / SECOND
        if not self._last_ns or result.control.mode is not self._drove:
            self._since.value = now.wall / SECOND
        self._last_ns, self._drove = now.mono, result.control.mode
        for mode, cell in self._modes.items():
            cell.value = float(mode is self._drove)
        for owner, cell in self._owners.items():
            cell.value = float(owner is self._gates.owned_by)
        self._estop.value = self._gates.pressed(now.mono)
        self._taken.value = self._gates.taken
        for limit, cell in self._limited.items():
            cell.value += bool(result.tick.limits & limit)
        self._take_counts()
        for event in result.events:
            self._event(event)

    def _take_counts(self) -> None:
        for (name, label), count in self._arbiter.counts.items():
            self._metrics.add(name, count, **{_LABEL[name]: label})
        self._arbiter.counts.clear()

    def _event(self, event: Event) -> None:
        metrics, values = self._metrics, event.values
        if event.name is EventName.INTERVENTION_ENDED:
            metrics.add('interventions_total', reason=values['reason'])
            metrics.observe('intervention_duration_seconds', float(values['duration_s']),
                            reason=values['reason'])
        elif event.name is EventName.INTERVENTION_JUDGED:
            metrics.add('interventions_judged_total', resumed_ok=values['resumed_ok'])
        elif event.name is EventName.DEADMAN_TRIPPED:
            metrics.add('teleop_deadman_trips_total')
        elif event.name is EventName.RESUME_REFUSED:
            metrics.add('resumes_refused_total')
        elif event.name is EventName.CONTROL_CHANGED:
            self._changed(values['from'], values['to'], values['gated_by'])

    def _changed(self, before: str, after: str, gate: str) -> None:
        if before == Mode.POLICY and after == Mode.HOLD:
            self._metrics.add('holds_total', gate=gate)
        elif after == Mode.STOPPED:
            self._metrics.add('stops_total', gate=gate)
