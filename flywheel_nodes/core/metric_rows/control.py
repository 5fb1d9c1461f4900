"""Metrics of who drives: modes, interventions, gates, stops."""

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.driving.session import Refusal
from flywheel_nodes.core.events import Reason
from flywheel_nodes.core.metric import C, FAST, G, H, Metric, SLOW

GATES = tuple(gate for gate in Gate if gate is not Gate.NONE)

ROWS: tuple[Metric, ...] = (
    Metric('mode_seconds_total', C, 'time in which each mode drove', 'control_arbiter',
           ('mode',), closed=tuple(Mode)),
    Metric('mode', G, '1 for the mode that drives now', 'control_arbiter', ('mode',)),
    Metric('mode_since_timestamp_seconds', G, 'when the mode that drives now began, or the '
           'arbiter', 'control_arbiter'),
    Metric('interventions_total', C, 'interventions ended', 'control_arbiter', ('reason',),
           closed=tuple(Reason)),
    Metric('intervention_duration_seconds', H, 'length of an intervention', 'control_arbiter',
           ('reason',), SLOW),
    Metric('interventions_judged_total', C,
           'interventions by how the policy fared after the resume', 'control_arbiter',
           ('resumed_ok',), closed=('true', 'false', 'unknown')),
    Metric('holds_total', C, 'times the policy was held', 'control_arbiter', ('gate',),
           closed=GATES),
    Metric('stops_total', C, 'times STOPPED was entered', 'control_arbiter', ('gate',),
           closed=GATES),
    Metric('resumes_refused_total', C, 'resumes that were refused', 'control_arbiter'),
    Metric('ticks_limited_total', C, 'ticks in which a limit changed the output',
           'control_arbiter', ('limit',)),
    Metric('policy_starvations_total', C, 'ticks in which the chunk was used up',
           'control_arbiter', ('group',)),
    Metric('policy_chunks_rejected_total', C, 'chunks the arbiter did not take',
           'control_arbiter', ('reason',)),
    Metric('teleop_commands_total', C, 'commands of a human that were accepted',
           'control_arbiter'),
    Metric('teleop_commands_rejected_total', C, 'commands that were refused', 'control_arbiter',
           ('reason',), closed=tuple(one for one in Refusal if one is not Refusal.NONE)),
    Metric('teleop_command_delay_seconds', H,
           'how much later an accepted command came than the fastest of the last 30 s',
           'control_arbiter', (), FAST),
    Metric('teleop_deadman_trips_total', C, 'losses of deadman or command while driving',
           'control_arbiter'),
    Metric('estop_pressed', G, '1 pressed, 0 released, NaN unknown', 'control_arbiter'),
    Metric('control_owner', G, '1 for who commands the robot: flywheel, native or unknown',
           'control_arbiter', ('owner',)),
    Metric('native_takeovers_total', C, 'times a pendant, remote or tablet took the robot',
           'control_arbiter'),
)
