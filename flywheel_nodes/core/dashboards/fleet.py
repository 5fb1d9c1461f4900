"""The fleet: how much it does on its own, which robots need somebody, what runs on them."""

from flywheel_nodes.core.dashboards import annotations
from flywheel_nodes.core.dashboards.model import Dashboard, Kind, Panel, Query, Row
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import ROBOT, SITE
from flywheel_nodes.core.dashboards.words import (
    AUTONOMY,
    counted,
    MODE_COLOURS,
    MODE_NOW,
    MODES,
    NONE_IS_GOOD,
    seldom,
    UP,
)

DRIVEN = 'flywheel_mode_seconds_total{@,mode="policy"}[$__range]'
BY_ANYBODY = 'flywheel_mode_seconds_total{@,mode=~"policy|human"}[$__range]'
ENDED = 'flywheel_interventions_total{@,reason!="training"}[$__range]'
# FlywheelWatchdog always fires, and who expects it is outside.
OURS = 'alertname=~"Flywheel.*",alertname!="FlywheelWatchdog"'
FIRING = f'ALERTS{{@,{OURS},alertstate="firing",severity!="info"}}'

NOW = Row('The fleet over the time shown', (
    Panel(Kind.STAT, 'Robots that report', 'Robots whose exporter was scraped just now. Fewer '
          'than you own: see the robots that went silent, and FlywheelRobotDown.',
          (Query('count(max by (robot, site) (flywheel_build_info{@}))', 'robots'),),
          width=4, height=4),
    Panel(Kind.STAT, 'Went silent', 'Robots that reported within the last day and do not now. '
          'Is one offline on purpose? If not, its network and power come first.',
          (Query("""count(max by (robot, site) (max_over_time(flywheel_build_info{@}[1d]))
                 unless max by (robot, site) (flywheel_build_info{@})) or vector(0)""",
                 'robots'),), width=4, height=4, steps=NONE_IS_GOOD),
    Panel(Kind.STAT, 'Alerts firing', 'Pages and tickets of flywheel that fire now, on all '
          'robots shown. The table below names them; each has a runbook.',
          (Query(f'count({FIRING}) or vector(0)', 'alerts'),),
          width=4, height=4, steps=NONE_IS_GOOD),
    Panel(Kind.STAT, 'Autonomy', 'Share of all driving that the policy did, over the time shown. '
          'When it falls, look which robots and which reasons of intervention made it.',
          (Query(f'sum(increase({DRIVEN})) / (sum(increase({BY_ANYBODY})) > 0)', 'autonomy'),),
          Unit.RATIO, width=4, height=4, steps=AUTONOMY),
    Panel(Kind.STAT, 'Mean time between interventions', 'Policy driving per intervention, over '
          'the time shown. Without any there is none: then see how long the policy drove.',
          (Query(f'sum(increase({DRIVEN})) / (round(sum(increase({ENDED}))) > 0)', 'time',
                 absent='no intervention'),),
          Unit.SECONDS, width=4, height=4),
    Panel(Kind.STAT, 'Policy driving', 'Time the policy drove, summed over the robots shown. A '
          'ratio over little of it means little.',
          (Query(f'sum(increase({DRIVEN}))', 'time'),), Unit.SECONDS, width=4, height=4),
))

TREND = Row('Autonomy and interventions', (
    Panel(Kind.LINES, 'Autonomy', 'Share of driving done by the policy over the last hour: all '
          'robots together, and the five that are worst now. Nobody drove: no line.',
          (Query('sum(increase(flywheel_mode_seconds_total{@,mode="policy"}[1h])) / '
                 '(sum(increase(flywheel_mode_seconds_total{@,mode=~"policy|human"}[1h])) > 0)',
                 'all robots'),
           Query('bottomk(5, robot:flywheel_autonomy:ratio1h{@})', '{{robot}}')),
          Unit.RATIO, steps=AUTONOMY, minimum=0, maximum=1),
    Panel(Kind.LINES, 'Interventions per hour of policy driving', 'Over the last hour and the '
          'last day, against the objective (dashed). Above it for long the error budget burns: '
          'FlywheelInterventionBurnFast and -Slow say when that matters.',
          (Query('3600 * sum(robot:flywheel_interventions:increase1h{@}) / '
                 '(sum(robot:flywheel_policy_seconds:increase1h{@}) > 0)', 'last hour'),
           Query('3600 * sum(robot:flywheel_interventions:increase1d{@}) / '
                 '(sum(robot:flywheel_policy_seconds:increase1d{@}) > 0)', 'last day'),
           Query('flywheel:intervention_objective_per_hour', 'objective', limit=True)),
          Unit.PER_HOUR, minimum=0),
    Panel(Kind.LINES, 'Interventions by reason', 'What people stepped in for. One reason that '
          'grows on many robots is the policy or the place; on one robot, that robot.',
          (Query(seldom('sum by (reason) (increase(flywheel_interventions_total{@}'
                        '[$__rate_interval]))', 'reason'), '{{reason}}'),),
          stacked=True, columns=True, minimum=0),
    Panel(Kind.LINES, 'Robots by who drives', 'How many robots the policy drives, how many a '
          'human, and how many hold or are STOPPED. A growing red or yellow share: robots wait '
          'for somebody.',
          (Query('sum by (mode) (rate(flywheel_mode_seconds_total{@}[$__rate_interval]))',
                 '{{mode}}'),), stacked=True, colours=MODE_COLOURS, minimum=0),
    Panel(Kind.BARS, 'Interventions over the time shown', 'All interventions by reason, the most '
          'frequent first. The first is what the next training data is to be about.',
          (Query(f"sort_desc({counted('flywheel_interventions_total', 'reason')} > 0)",
                 '{{reason}}'),), minimum=0),
    Panel(Kind.BARS, 'Monitor alarms over the time shown', 'All alarms by detector. One that '
          'leads by far: its threshold, or what it watches.',
          (Query(f"sort_desc({counted('flywheel_policy_monitor_alarms_total', 'detector')} > 0)",
                 '{{detector}}'),),
          minimum=0),
    Panel(Kind.STATES, 'Who drives which robot', 'Mode of each robot over time. Long yellow or '
          'red: it waits; many switches: it struggles. Click its name in the table below.',
          (Query(MODE_NOW, '{{robot}}'),), names=MODES, width=24, height=10),
))

ROBOTS = Row('Robots', (
    Panel(Kind.TABLE, 'Robots, worst first', 'Each robot over the time shown, by interventions '
          'per hour of policy driving. No time between them: there was none. Click a name to open '
          'its dashboard.', (
              Query(MODE_NOW, 'mode', names=MODES),
              Query(f'3600 * sum by (robot, site) (increase({ENDED})) / '
                    f'(sum by (robot, site) (increase({DRIVEN})) > 0)', 'interventions',
                    Unit.PER_HOUR),
              Query(f'sum by (robot, site) (increase({DRIVEN})) / '
                    f'(round(sum by (robot, site) (increase({ENDED}))) > 0)',
                    'between interventions', Unit.SECONDS, absent='no intervention'),
              Query(f'sum by (robot, site) (increase({DRIVEN})) / '
                    f'(sum by (robot, site) (increase({BY_ANYBODY})) > 0)', 'autonomy',
                    Unit.RATIO, AUTONOMY),
              Query(f'sum by (robot, site) (increase({DRIVEN}))', 'policy drove', Unit.SECONDS),
              Query(counted('flywheel_policy_monitor_alarms_total', 'robot, site'),
                    'monitor alarms'),
              Query(counted('flywheel_stops_total', 'robot, site'), 'stops'),
              Query('min by (robot, site) (flywheel_node_up{@})', 'all nodes up',
                    names=UP),
          ), key=('robot', 'site'), worst_first=('interventions',), width=24, height=9),
))

WHAT_RUNS = Row('What runs, and what is wrong', (
    Panel(Kind.TABLE, 'Policies', 'Which versions of which policies run, and on how many robots. '
          'Two versions for longer than a rollout takes: it is stuck.',
          (Query('count by (policy, version) (flywheel_policy_info{@})', 'robots'),),
          key=('policy', 'version')),
    Panel(Kind.TABLE, 'Software', 'Which versions of flywheel run, and on how many robots.',
          (Query('count by (version) (flywheel_build_info{@})', 'robots'),), key=('version',)),
    Panel(Kind.TABLE, 'Alerts', 'Alerts that fire now, or are about to (pending), by robot. '
          'Each has a runbook of its name in docs/runbooks.',
          (Query('max by (robot, alertname, severity, alertstate) '
                 f'(ALERTS{{@,{OURS}}} * ignoring (alertstate) group_left () '
                 f'(time() - ALERTS_FOR_STATE{{@,{OURS}}}))', 'active for',
                 Unit.SECONDS, absent='no alert fires or is about to'),),
          key=('alertname', 'alertstate', 'severity', 'robot')),
))

DASHBOARD = Dashboard(
    'flywheel-fleet', 'Flywheel: fleet',
    'How much the robots do on their own, which of them need somebody, and what runs on them.',
    (NOW, TREND, ROBOTS, WHAT_RUNS), (SITE, ROBOT),
    (annotations.POLICY_CHANGE, annotations.STOP), period='24h', refresh='1m')
