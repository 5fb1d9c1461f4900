"""Marks on the time axis: metrics that stand for something that happened."""

from flywheel_nodes.core.dashboards.model import Annotation, Colour

POLICY_CHANGE = Annotation(
    'policy changes',
    'group by (robot, policy, version) (flywheel_policy_info{@})'
    ' unless group by (robot, policy, version) (flywheel_policy_info{@} offset $__rate_interval)',
    '{{robot}}: policy {{policy}} {{version}}', Colour.POLICY)
INTERVENTION = Annotation(
    'interventions',
    'sum by (robot, reason) (increase(flywheel_interventions_total{@}[$__rate_interval])) > 0',
    '{{robot}}: intervention, {{reason}}', Colour.HUMAN)
ALARM = Annotation(
    'monitor alarms',
    'sum by (robot, detector) '
    '(increase(flywheel_policy_monitor_alarms_total{@}[$__rate_interval])) > 0',
    '{{robot}}: the monitor alarmed, {{detector}}', Colour.BAD)
STOP = Annotation(
    'stops',
    'sum by (robot, gate) (increase(flywheel_stops_total{@}[$__rate_interval])) > 0',
    '{{robot}}: STOPPED by {{gate}}', Colour.STOPPED)
RESTART = Annotation(
    'node restarts',
    'sum by (robot, node) (changes(flywheel_node_start_time_seconds{@}[$__rate_interval])) > 0',
    '{{robot}}: {{node}} started again', Colour.PLAIN)

ALL = (POLICY_CHANGE, INTERVENTION, ALARM, STOP, RESTART)
