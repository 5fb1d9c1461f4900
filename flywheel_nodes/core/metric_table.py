"""
Every metric, declared once: from this table come the exporter's families and docs/metrics.md.

Names follow Prometheus: base units, _total for counters, two counters instead of a ratio. Labels
are closed sets or names of the robot's own parts; never an episode, a snippet or an operator.
"""

from dataclasses import dataclass

from flywheel_nodes.core.words import Word

PREFIX = 'flywheel_'
ALL_NODES = 'all nodes'


class Kind(Word):
    """The Prometheus type of a metric."""

    COUNTER = 'counter'
    GAUGE = 'gauge'
    HISTOGRAM = 'histogram'


@dataclass(frozen=True)
class Metric:
    """
    One metric: its name without prefix, what it means, and which process is its source.

    A series has one owner: the source, or for ALL_NODES the node in its `node` label.
    """

    name: str
    kind: Kind
    help: str
    source: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_LATE = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
_SLOW = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0)
_SEAM = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

METRICS: tuple[Metric, ...] = (
    Metric('build_info', _G, 'the software that runs; always 1', 'health_exporter', ('version',)),
    Metric('robot_info', _G, 'the robot; always 1', 'health_exporter', ('model', 'embodiment')),
    Metric('node_up', _G, '1 while a node is heard within heartbeat_timeout', 'health_exporter',
           ('node',)),
    Metric('node_last_heartbeat_timestamp_seconds', _G, 'when a node was last heard',
           'health_exporter', ('node',)),
    Metric('node_start_time_seconds', _G, 'when the process of a node started',
           'health_exporter', ('node',)),
    Metric('exporter_series_dropped_total', _C,
           'series refused: too many, not sound, or not of the node that reported them',
           'health_exporter'),
    Metric('node_restarts_total', _C, 'restarts after an end that was not clean', 'all nodes',
           ('node',)),
    Metric('node_series_dropped_total', _C, 'series a node did not keep: it had too many',
           'all nodes', ('node',)),
    Metric('loop_late_seconds', _H, 'how late a loop of a node began', 'all nodes', ('node',),
           _LATE),
    Metric('loop_overruns_total', _C, 'loops that began a full period late or more', 'all nodes',
           ('node',)),
    Metric('shedding', _G, '1 while that work is left undone because loops begin late',
           'all nodes', ('what', 'node')),
    Metric('shed_total', _C, 'pieces of work left undone because loops began late', 'all nodes',
           ('what', 'node')),
    Metric('topic_messages_total', _C, 'messages received', 'all nodes', ('topic', 'node')),
    Metric('topic_received_bytes_total', _C, 'bytes received', 'snippet_recorder', ('topic',)),
    Metric('topic_messages_lost_total', _C, 'gaps in the sequence of a publisher',
           'all nodes', ('topic', 'node')),
    Metric('topic_messages_unsure_total', _C,
           'messages before which others may be missing: the publisher cannot be told',
           'all nodes', ('topic', 'node')),
    Metric('topic_last_message_timestamp_seconds', _G, 'when a topic was last heard',
           'snippet_recorder', ('topic',)),
    Metric('topic_messages_thinned_total', _C, 'messages above the max_rate of the rule file',
           'snippet_recorder', ('topic',)),
    Metric('topic_silent', _G, '1 while a topic that ought to come does not', 'snippet_recorder',
           ('topic',)),
    Metric('topic_messages_rejected_total', _C, 'messages that did not decode', 'all nodes',
           ('topic', 'node')),
    Metric('topic_expected_rate_hertz', _G, 'nominal rate from the robot file', 'health_exporter',
           ('topic',)),
    Metric('policy_info', _G, 'the policy that runs; always 1', 'policy_monitor',
           ('policy', 'version', 'checkpoint')),
    Metric('policy_actions_total', _C, 'action chunks received', 'policy_monitor', ('policy',)),
    Metric('policy_action_age_seconds', _H, 'age of the observation behind a chunk on arrival',
           'policy_monitor', ('policy',), _FAST),
    Metric('policy_chunk_discontinuity', _H, 'mean step at the seam of two chunks, rad or m/s',
           'policy_monitor', ('group',), _SEAM),
    Metric('policy_monitor_score', _G, 'newest score of a detector', 'policy_monitor',
           ('detector',)),
    Metric('policy_monitor_threshold', _G, 'score at which a detector alarms', 'policy_monitor',
           ('detector',)),
    Metric('policy_monitor_alarms_total', _C, 'alarms raised', 'policy_monitor', ('detector',)),
    Metric('episodes_total', _C, 'episodes ended', 'policy_monitor', ('task', 'policy')),
    Metric('episode_failures_total', _C, 'episodes that did not end in success',
           'policy_monitor', ('task', 'policy')),
    Metric('episode_duration_seconds', _H, 'length of an episode', 'policy_monitor', ('task',),
           _SLOW),
    Metric('mode_seconds_total', _C, 'time in which each mode drove', 'control_arbiter',
           ('mode',)),
    Metric('mode', _G, '1 for the mode that drives now', 'control_arbiter', ('mode',)),
    Metric('interventions_total', _C, 'interventions ended', 'control_arbiter', ('reason',)),
    Metric('intervention_duration_seconds', _H, 'length of an intervention', 'control_arbiter',
           ('reason',), _SLOW),
    Metric('interventions_judged_total', _C,
           'interventions by how the policy fared after the resume', 'control_arbiter',
           ('resumed_ok',)),
    Metric('holds_total', _C, 'times the policy was held', 'control_arbiter', ('gate',)),
    Metric('stops_total', _C, 'times STOPPED was entered', 'control_arbiter', ('gate',)),
    Metric('resumes_refused_total', _C, 'resumes that were refused', 'control_arbiter'),
    Metric('ticks_limited_total', _C, 'ticks in which a limit changed the output',
           'control_arbiter', ('limit',)),
    Metric('policy_starvations_total', _C, 'ticks in which the chunk was used up',
           'control_arbiter', ('group',)),
    Metric('policy_chunks_rejected_total', _C, 'chunks the arbiter did not take',
           'control_arbiter', ('reason',)),
    Metric('teleop_commands_total', _C, 'commands of a human that were accepted',
           'control_arbiter'),
    Metric('teleop_commands_rejected_total', _C, 'commands that were refused', 'control_arbiter',
           ('reason',)),
    Metric('teleop_deadman_trips_total', _C, 'losses of deadman or command while driving',
           'control_arbiter'),
    Metric('relay_messages_rejected_total', _C, 'client messages that were refused',
           'teleop_relay', ('reason',)),
    Metric('relay_help_requests_total', _C, 'requests of the robot for a human', 'teleop_relay',
           ('reason',)),
    Metric('relay_help_ended_total', _C, 'requests for a human that are over', 'teleop_relay',
           ('because',)),
    Metric('relay_help_pictures_failed_total', _C,
           'camera frames that did not become the picture of a request for a human',
           'teleop_relay'),
    Metric('relay_help_waiting', _G, 'requests for a human that are not over', 'teleop_relay'),
    Metric('relay_connections', _G, 'clients that have said hello', 'teleop_relay'),
    Metric('relay_logins_refused_total', _C, 'connections without a valid token', 'teleop_relay',
           ('reason',)),
    Metric('relay_open_connections', _G, 'connections, strangers and video included',
           'teleop_relay'),
    Metric('relay_strangers_evicted_total', _C,
           'connections cut before any login to make place for later ones', 'teleop_relay'),
    Metric('relay_certificate_expiry_timestamp_seconds', _G,
           "when the relay's TLS certificate ends; absent without TLS", 'teleop_relay'),
    Metric('relay_audit_lines_total', _C, 'lines written into the audit log', 'teleop_relay'),
    Metric('relay_audit_lines_lost_total', _C, 'lines the audit log could not take',
           'teleop_relay', ('reason',)),
    Metric('relay_token_notes_failed_total', _C,
           'used tokens that could not be written down and are forgotten at a restart',
           'teleop_relay'),
    Metric('relay_clients_dropped_total', _C, 'clients the relay cut off', 'teleop_relay',
           ('reason',)),
    Metric('teleop_session_active', _G, '1 while an operator holds the lease', 'teleop_relay'),
    Metric('teleop_round_trip_seconds', _H, 'round trip between relay and operator',
           'teleop_relay', (), _FAST),
    Metric('video_viewers', _G, 'who watches a camera', 'teleop_relay', ('camera',)),
    Metric('video_frames_received_total', _C, 'frames of a camera while somebody watched it',
           'teleop_relay', ('camera',)),
    Metric('video_frames_broken_total', _C, 'messages of a camera that hold no picture',
           'teleop_relay', ('camera',)),
    Metric('video_frames_undecoded_total', _C, 'pictures that could not be coded anew',
           'teleop_relay', ('camera',)),
    Metric('video_frames_sent_total', _C, 'frames sent to viewers', 'teleop_relay', ('camera',)),
    Metric('video_frames_skipped_total', _C, 'frames a viewer was not sent: its link was busy',
           'teleop_relay', ('camera',)),
    Metric('video_frames_acked_total', _C, 'frames that viewers have displayed', 'teleop_relay',
           ('camera',)),
    Metric('video_sent_bytes_total', _C, 'bytes of frames sent', 'teleop_relay', ('camera',)),
    Metric('video_frames_encoded_total', _C, 'frames coded, each for all who watch at that size',
           'teleop_relay', ('camera',)),
    Metric('video_encode_seconds_total', _C, 'time taken by coding', 'teleop_relay',
           ('camera',)),
    Metric('video_frame_age_seconds', _H, 'age of a frame when the relay heard it is displayed',
           'teleop_relay', ('camera',), _FAST),
    Metric('video_viewers_dropped_total', _C, 'viewers the relay cut off', 'teleop_relay',
           ('reason',)),
    Metric('estop_pressed', _G, '1 pressed, 0 released, NaN unknown', 'control_arbiter'),
    Metric('battery_charge_ratio', _G, 'charge of the battery', 'robot_adapter'),
    Metric('joint_temperature_celsius', _G, 'temperature of a joint', 'robot_adapter',
           ('joint',)),
    Metric('robot_faults_total', _C, 'faults the robot reported', 'robot_adapter', ('fault',)),
    Metric('robot_commands_total', _C, 'commands sent to the robot', 'robot_adapter', ('topic',)),
    Metric('robot_commands_clamped_total', _C, 'commands the adapter had to clamp',
           'robot_adapter', ('topic',)),
    Metric('robot_commands_refused_total', _C, 'commands not sent: the robot was not ready',
           'robot_adapter', ('topic',)),
    Metric('robot_problems', _G, 'what keeps this stack from commanding the robot; 0: nothing',
           'robot_adapter'),
    Metric('robot_calls_total', _C, 'requests to the robot: done, failed or timed_out',
           'robot_adapter', ('call', 'result')),
    Metric('robot_safe_stops_total', _C, 'times stale input made the adapter stop the robot',
           'robot_adapter'),
    Metric('camera_frames_skipped_total', _C, 'frames the embedded camera had no time for',
           ALL_NODES, ('camera', 'node')),
    Metric('recorder_snippets_total', _C, 'snippets published', 'snippet_recorder', ('trigger',)),
    Metric('recorder_snippets_failed_total', _C, 'snippets that could not be written',
           'snippet_recorder'),
    Metric('recorder_snippets_recovered_total', _C, 'snippets made whole after a crash',
           'snippet_recorder', ('state',)),
    Metric('recorder_triggers_total', _C, 'rules that fired', 'snippet_recorder', ('trigger',)),
    Metric('recorder_written_bytes_total', _C, 'bytes of published snippets', 'snippet_recorder'),
    Metric('recorder_recorded_seconds_total', _C, 'seconds in published snippets',
           'snippet_recorder'),
    Metric('recorder_messages_written_total', _C, 'messages in published snippets',
           'snippet_recorder'),
    Metric('recorder_messages_lost_total', _C, 'messages that did not get into a snippet',
           'snippet_recorder', ('topic', 'where')),
    Metric('recorder_triggers_refused_total', _C,
           'rules that were met and did not fire, or got no snippet', 'snippet_recorder',
           ('reason',)),
    Metric('recorder_snippets_discarded_total', _C,
           'recorded episodes that did not end as their rule asks for', 'snippet_recorder',
           ('trigger',)),
    Metric('recorder_conditions_broken', _G, 'rules that can never fire', 'snippet_recorder'),
    Metric('recorder_frames_dropped_total', _C, 'camera frames that could not be compressed',
           'snippet_recorder', ('topic',)),
    Metric('recorder_topics', _G, 'topics that are recorded', 'snippet_recorder'),
    Metric('recorder_topics_skipped', _G, 'topics whose type is not installed or too many',
           'snippet_recorder'),
    Metric('recorder_state_dropped_total', _C, 'messages of latched topics that had no room',
           'snippet_recorder'),
    Metric('recorder_ring_bytes', _G, 'memory of the ring, overhead included',
           'snippet_recorder'),
    Metric('recorder_ring_seconds', _G, 'time that the ring reaches back', 'snippet_recorder'),
    Metric('recorder_snippets_held', _G, 'snippets in the data directory', 'snippet_recorder'),
    Metric('recorder_snippets_evicted_total', _C, 'snippets removed to make room',
           'snippet_recorder', ('because',)),
    Metric('recorder_evicted_bytes_total', _C, 'bytes of removed snippets', 'snippet_recorder'),
    Metric('recorder_held_bytes', _G, 'size of the snippets in the data directory',
           'snippet_recorder'),
    Metric('recorder_storage_blocked', _G, '1 while the disk takes no snippets',
           'snippet_recorder'),
    Metric('recorder_quota_unmet', _G,
           '1 while a bound does not hold although all that may leave has left',
           'snippet_recorder', ('bound',)),
    Metric('recorder_states_unreadable', _G,
           'snippets whose state.json cannot be read: they are kept as if pinned',
           'snippet_recorder'),
    Metric('recorder_free_bytes', _G, 'free space on the disk of the data directory',
           'snippet_recorder'),
)

BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
