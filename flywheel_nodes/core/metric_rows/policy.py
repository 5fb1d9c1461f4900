"""Metrics of the policy, its monitor and its episodes."""

from flywheel_nodes.core.metric import C, FAST, G, H, Metric, SEAM, SLOW

ROWS: tuple[Metric, ...] = (
    Metric('policy_info', G, 'the policy that runs; always 1', 'policy_monitor',
           ('policy', 'version', 'checkpoint')),
    Metric('policy_actions_total', C, 'action chunks received', 'policy_monitor', ('policy',)),
    Metric('policy_action_age_seconds', H, 'age of the observation behind a chunk on arrival',
           'policy_monitor', ('policy',), FAST),
    Metric('policy_chunk_discontinuity', H, 'mean step at the seam of two chunks, rad or m/s',
           'policy_monitor', ('group',), SEAM),
    Metric('policy_monitor_score', G, 'newest score of a detector', 'policy_monitor',
           ('detector',)),
    Metric('policy_monitor_threshold', G, 'score at which a detector alarms', 'policy_monitor',
           ('detector',)),
    Metric('policy_monitor_alarms_total', C, 'alarms raised', 'policy_monitor', ('detector',)),
    Metric('episodes_total', C, 'episodes ended', 'policy_monitor', ('task', 'policy')),
    Metric('episode_failures_total', C, 'episodes that did not end in success',
           'policy_monitor', ('task', 'policy')),
    Metric('episode_duration_seconds', H, 'length of an episode', 'policy_monitor', ('task',),
           SLOW),
)
