"""
What can happen, in one closed vocabulary.

An event is something that happened. A trigger is a rule from events to a snippet. An
intervention runs from takeover to release; an episode is one attempt of a policy at its task.
"""

from dataclasses import dataclass, field, replace

from flywheel_nodes.core.words import Word


class Level(Word):
    """How much attention an event asks for; the levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 'ok'
    WARN = 'warn'
    ERROR = 'error'


class EventName(Word):
    """Every event there is. A new one needs a row in EVENTS."""

    NODE_STARTED = 'node_started'
    NODE_RESTARTED = 'node_restarted'
    NODE_SILENT = 'node_silent'
    NODE_BACK = 'node_back'
    EPISODE_STARTED = 'episode_started'
    EPISODE_ENDED = 'episode_ended'
    POLICY_ALARM = 'policy_alarm'
    POLICY_ALARM_CLEARED = 'policy_alarm_cleared'
    CONTROL_CHANGED = 'control_changed'
    INTERVENTION_STARTED = 'intervention_started'
    INTERVENTION_PHASE = 'intervention_phase'
    INTERVENTION_ENDED = 'intervention_ended'
    INTERVENTION_JUDGED = 'intervention_judged'
    STOP_REQUESTED = 'stop_requested'
    RESUME_REFUSED = 'resume_refused'
    DEADMAN_TRIPPED = 'deadman_tripped'
    COMPETING_PUBLISHER = 'competing_publisher'
    LEASE_GRANTED = 'lease_granted'
    LEASE_ENDED = 'lease_ended'
    HELP_REQUESTED = 'help_requested'
    HELP_ACCEPTED = 'help_accepted'
    HELP_ENDED = 'help_ended'
    ESTOP_PRESSED = 'estop_pressed'
    ESTOP_RELEASED = 'estop_released'
    NATIVE_TAKEOVER = 'native_takeover'
    NATIVE_RELEASED = 'native_released'
    ROBOT_FAULT = 'robot_fault'
    ROBOT_FAULT_CLEARED = 'robot_fault_cleared'
    ROBOT_PROBLEM = 'robot_problem'
    ROBOT_PROBLEM_SOLVED = 'robot_problem_solved'
    ROBOT_CALL_DONE = 'robot_call_done'
    ROBOT_CALL_FAILED = 'robot_call_failed'
    SNIPPET_REQUESTED = 'snippet_requested'
    SNIPPET_STARTED = 'snippet_started'
    SNIPPET_SAVED = 'snippet_saved'
    SNIPPET_FAILED = 'snippet_failed'
    SNIPPET_RECOVERED = 'snippet_recovered'
    SNIPPET_EVICTED = 'snippet_evicted'
    STORAGE_BLOCKED = 'storage_blocked'
    STORAGE_CLEAR = 'storage_clear'
    SNIPPET_DISCARDED = 'snippet_discarded'
    TRIGGER_REFUSED = 'trigger_refused'
    CONDITION_MET = 'condition_met'
    CONDITION_ENDED = 'condition_ended'
    CONDITION_BROKEN = 'condition_broken'
    SAMPLE_DUE = 'sample_due'
    MESSAGES_LOST = 'messages_lost'
    QOS_INCOMPATIBLE = 'qos_incompatible'
    CLOCK_STEPPED = 'clock_stepped'
    TOPIC_SILENT = 'topic_silent'
    TOPIC_BACK = 'topic_back'
    INGEST_LATE = 'ingest_late'
    SHEDDING_STARTED = 'shedding_started'
    SHEDDING_ENDED = 'shedding_ended'


@dataclass(frozen=True)
class Meaning:
    """The usual level of an event, what it says, and the keys of its values."""

    level: Level
    text: str
    keys: tuple[str, ...] = ()


EVENTS: dict[EventName, Meaning] = {
    EventName.NODE_STARTED: Meaning(Level.OK, 'a node is up', ('version',)),
    EventName.NODE_RESTARTED: Meaning(
        Level.WARN, 'a node is up again after it ended without a clean exit', ('restarts',)),
    EventName.NODE_SILENT: Meaning(Level.ERROR, 'a node is not heard any more', ('node',)),
    EventName.NODE_BACK: Meaning(Level.OK, 'that node is heard again', ('node',)),
    EventName.EPISODE_STARTED: Meaning(
        Level.OK, 'the policy begins an attempt at its task',
        ('episode', 'task', 'instruction', 'policy')),
    EventName.EPISODE_ENDED: Meaning(
        Level.OK, 'the attempt is over', ('episode', 'task', 'policy', 'outcome', 'duration_s')),
    EventName.POLICY_ALARM: Meaning(
        Level.ERROR, 'a detector says that the policy goes wrong',
        ('detector', 'score', 'threshold', 'policy')),
    EventName.POLICY_ALARM_CLEARED: Meaning(
        Level.OK, 'the detector is content again', ('detector',)),
    EventName.CONTROL_CHANGED: Meaning(
        Level.OK, 'another mode drives the robot', ('from', 'to', 'gated_by', 'reason')),
    EventName.INTERVENTION_STARTED: Meaning(
        Level.WARN, 'a human has taken over; sight: video or direct',
        ('intervention', 'operator', 'gated_by', 'sight')),
    EventName.INTERVENTION_PHASE: Meaning(
        Level.OK, 'the intervention enters another phase', ('intervention', 'phase')),
    EventName.INTERVENTION_ENDED: Meaning(
        Level.OK, 'the human has let go',
        ('intervention', 'operator', 'reason', 'outcome', 'duration_s', 'note')),
    EventName.INTERVENTION_JUDGED: Meaning(
        Level.OK, 'how the policy fared after the resume: resumed_ok is true, false or unknown',
        ('intervention', 'resumed_ok', 'because')),
    EventName.STOP_REQUESTED: Meaning(Level.WARN, 'somebody asked for a stop', ('by',)),
    EventName.RESUME_REFUSED: Meaning(
        Level.WARN, 'a resume was asked for and refused', ('by', 'because')),
    EventName.DEADMAN_TRIPPED: Meaning(
        Level.WARN, 'the human drove and the command or the deadman went away',
        ('operator', 'because')),
    EventName.COMPETING_PUBLISHER: Meaning(
        Level.ERROR, 'somebody else publishes to the robot', ('topic', 'nodes')),
    EventName.LEASE_GRANTED: Meaning(
        Level.OK, 'an operator holds the robot exclusively', ('operator', 'epoch', 'sight')),
    EventName.LEASE_ENDED: Meaning(
        Level.OK, 'the lease is over', ('operator', 'epoch', 'because')),
    EventName.HELP_REQUESTED: Meaning(
        Level.WARN, 'the robot needs a human', ('help', 'reason')),
    EventName.HELP_ACCEPTED: Meaning(
        Level.OK, 'an operator takes care of a request for help', ('help', 'operator')),
    EventName.HELP_ENDED: Meaning(
        Level.OK, 'a request for help is over', ('help', 'because', 'operator')),
    EventName.ESTOP_PRESSED: Meaning(Level.ERROR, "the robot's emergency stop is pressed"),
    EventName.ESTOP_RELEASED: Meaning(Level.OK, "the robot's emergency stop is released"),
    EventName.NATIVE_TAKEOVER: Meaning(
        Level.WARN, 'somebody drives with a pendant or a remote past this stack', ('owner',)),
    EventName.NATIVE_RELEASED: Meaning(Level.OK, 'the robot takes our commands again'),
    EventName.ROBOT_FAULT: Meaning(
        Level.ERROR, 'the robot reports a fault', ('fault', 'component', 'value')),
    EventName.ROBOT_FAULT_CLEARED: Meaning(
        Level.OK, 'the fault is gone', ('fault', 'component', 'value')),
    EventName.ROBOT_PROBLEM: Meaning(
        Level.ERROR, 'something keeps this stack from commanding the robot',
        ('problem', 'remedy')),
    EventName.ROBOT_PROBLEM_SOLVED: Meaning(
        Level.OK, 'what kept this stack from commanding the robot is gone', ('problem',)),
    EventName.ROBOT_CALL_DONE: Meaning(
        Level.OK, 'the robot did what it was asked for', ('call',)),
    EventName.ROBOT_CALL_FAILED: Meaning(
        Level.WARN, 'the robot refused a request, or did not answer', ('call', 'because')),
    EventName.SNIPPET_REQUESTED: Meaning(
        Level.OK, 'somebody asked for a snippet by hand', ('by', 'reason', 'name')),
    EventName.SNIPPET_STARTED: Meaning(
        Level.OK, 'a snippet is being written, pre-roll first',
        ('snippet', 'trigger', 'event')),
    EventName.SNIPPET_SAVED: Meaning(
        Level.OK, 'a snippet is whole on disk',
        ('snippet', 'trigger', 'path', 'sha256', 'messages', 'bytes', 'duration_s')),
    EventName.SNIPPET_FAILED: Meaning(
        Level.ERROR, 'a snippet could not be written', ('snippet', 'because')),
    EventName.SNIPPET_RECOVERED: Meaning(
        Level.WARN, 'a snippet left behind by a crash was made whole or set aside',
        ('snippet', 'state', 'path')),
    EventName.SNIPPET_DISCARDED: Meaning(
        Level.OK, 'an episode was recorded that did not end as its rule asks for: it is deleted',
        ('snippet', 'trigger', 'outcome')),
    EventName.TRIGGER_REFUSED: Meaning(
        Level.WARN, 'a rule was met and got no snippet: there are too many',
        ('rule', 'because', 'event')),
    EventName.CONDITION_MET: Meaning(
        Level.OK, "a rule's condition on a topic has come to hold",
        ('rule', 'topic', 'field', 'value')),
    EventName.CONDITION_ENDED: Meaning(
        Level.OK, 'it no longer holds', ('rule', 'topic', 'field', 'value')),
    EventName.CONDITION_BROKEN: Meaning(
        Level.ERROR, 'a rule can never fire: its topic has no such type or field',
        ('rule', 'topic', 'field', 'because')),
    EventName.SAMPLE_DUE: Meaning(Level.OK, 'it is time for a regular sample', ('rule',)),
    EventName.SNIPPET_EVICTED: Meaning(
        Level.OK, 'a snippet was removed to make room', ('snippet', 'because', 'bytes')),
    EventName.STORAGE_BLOCKED: Meaning(
        Level.ERROR, 'the disk takes no snippets until further notice', ('because', 'free_bytes')),
    EventName.STORAGE_CLEAR: Meaning(
        Level.OK, 'the disk takes snippets again', ('blocked_s',)),
    EventName.MESSAGES_LOST: Meaning(
        Level.WARN, 'messages did not reach us or did not fit', ('topic', 'lost', 'where')),
    EventName.QOS_INCOMPATIBLE: Meaning(
        Level.WARN, 'a publisher cannot connect to us: its QoS or its type differs',
        ('topic', 'policy')),
    EventName.TOPIC_SILENT: Meaning(
        Level.WARN, 'a topic that ought to come does not', ('topic', 'silent_s')),
    EventName.TOPIC_BACK: Meaning(Level.OK, 'that topic is heard again', ('topic', 'silent_s')),
    EventName.INGEST_LATE: Meaning(
        Level.WARN, 'the recorder took nothing in for a while', ('late_s',)),
    EventName.SHEDDING_STARTED: Meaning(
        Level.WARN, 'the machine has too much to do: some work is left undone', ('what',)),
    EventName.SHEDDING_ENDED: Meaning(Level.OK, 'that work is done again', ('what',)),
    EventName.CLOCK_STEPPED: Meaning(Level.WARN, 'the wall clock jumped', ('step_s',)),
}


class Reason(Word):
    """Why a human intervened; closed, so that it can be a metric label."""

    STUCK = 'stuck'
    COLLISION_RISK = 'collision_risk'
    GRASP_FAILED = 'grasp_failed'
    PERCEPTION = 'perception'
    WRONG_TASK = 'wrong_task'
    POLICY_FAULT = 'policy_fault'
    HARDWARE = 'hardware'
    SAFETY = 'safety'
    TRAINING = 'training'
    OTHER = 'other'


class Phase(Word):
    """Where in an intervention a moment lies; recovery only when the operator marks it."""

    NONE = 'none'
    PRE_INTERVENTION = 'pre_intervention'
    HANDOVER = 'handover'
    RECOVERY = 'recovery'
    CORRECTION = 'correction'
    RESUME = 'resume'


class Outcome(Word):
    """How an episode or an intervention ended."""

    SUCCESS = 'success'
    FAILURE = 'failure'
    ABORTED = 'aborted'
    UNKNOWN = 'unknown'


@dataclass(frozen=True)
class Event:
    """
    One event.

    Decisions in core fill in name, sentence, values and monotonic time; the node that publishes
    it adds id (UUIDv7), source (node name) and wall time.
    """

    name: EventName
    sentence: str
    mono_ns: int
    values: dict[str, str] = field(default_factory=dict)
    level: Level | None = None
    id: str = ''
    source: str = ''
    wall_ns: int = 0

    def __post_init__(self) -> None:
        """Give the event its usual level and refuse keys that are not in the vocabulary."""
        meaning = EVENTS[self.name]
        unknown = set(self.values) - set(meaning.keys)
        if unknown:
            raise ValueError(f'{self.name}: not in the vocabulary: {sorted(unknown)}')
        if self.level is None:
            object.__setattr__(self, 'level', meaning.level)

    def stamped(self, identifier: str, source: str, wall_ns: int) -> 'Event':
        """Return the event as it is published."""
        return replace(self, id=identifier, source=source, wall_ns=wall_ns)
