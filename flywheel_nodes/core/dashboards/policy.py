"""The quality of policies: scores, ages, seams, and the version now against the one before."""

from flywheel_nodes.core.dashboards import annotations
from flywheel_nodes.core.dashboards.model import Colour, Dashboard, Kind, Panel, Query, Row, Step
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import POLICY, ROBOT, SITE
from flywheel_nodes.core.dashboards.versions import (
    credited,
    driven,
    FIRST_SEEN,
    interventions,
    LAST_BEFORE,
    NOW_RUNS,
    per_hour,
)
from flywheel_nodes.core.dashboards.words import MODE_NOW, MODES, quantile, seldom, UP

SOME_IS_GOOD = (Step(0, Colour.ALARM), Step(1, Colour.GOOD))
GAP = (Step(0, Colour.GOOD), Step(0.3, Colour.WATCH), Step(0.6, Colour.ALARM))

THERE = Row('Is it there', (
    Panel(Kind.STAT, 'Its node', 'Is the policy heard, where it is a node of ours (the embedded '
          'ones)? Down: the runbook of FlywheelNodeDown.',
          (Query('max by (robot) (flywheel_node_up{@,node="policy"})', '{{robot}}',
                 absent='the policy is none of our nodes'),),
          names=UP, width=6, height=4),
    Panel(Kind.STAT, 'Publishers', 'Who publishes what the policy proposes, by the ROS graph. 0: '
          'it ended, hangs for longer than 20 s, or is in another domain.',
          (Query('sum by (robot) (flywheel_topic_publishers{@,topic=~"policy/(cmd_vel|'
                 'joint_trajectory|multi_dof_trajectory)"})', '{{robot}}'),),
          steps=SOME_IS_GOOD, width=6, height=4),
    Panel(Kind.STAT, 'Silent for', 'Time since its last chunk. FlywheelPolicyStalled pages a '
          'minute after it has passed the threshold of gap, at which the monitor holds the robot.',
          (Query('max by (robot) (flywheel_policy_monitor_score{@,detector="gap"})',
                 '{{robot}}'),),
          Unit.SECONDS, steps=GAP, width=6, height=4),
    Panel(Kind.STAT, 'Who drives', 'The mode of the robot now. Hold or stopped: the policy may '
          'be well and not be let.',
          (Query(MODE_NOW, '{{robot}}'),), names=MODES, width=6, height=4),
))

ROLLOUT = Row('Before and after a rollout', (
    Panel(Kind.STAT, 'Interventions: version now', 'Interventions per hour of driving, of what '
          'runs now, over the time shown. Compare with the version before, to the right.',
          (Query(f'{interventions()} and on (policy, version) {NOW_RUNS}',
                 '{{policy}} {{version}}'),), Unit.PER_HOUR, width=4, height=6),
    Panel(Kind.STAT, 'Interventions: version before', 'The same of the version that ran last '
          'before it. Clearly less than now, over hours of driving: roll back.',
          (Query(f'{interventions()} and on (policy, version) {LAST_BEFORE}',
                 '{{policy}} {{version}}', absent='only one version ran in the time shown'),),
          Unit.PER_HOUR, width=4, height=6),
    Panel(Kind.TABLE, 'Versions side by side', 'Every version that ran in the time shown, the '
          'newest first. Few hours of driving: do not conclude yet.', (
              Query(f'{FIRST_SEEN} * 1000', 'first seen', Unit.DATE),
              Query('count by (policy, version) (flywheel_policy_info{@,policy=~"$policy"})',
                    'robots now'),
              Query(driven(), 'drove', Unit.SECONDS),
              Query(interventions(), 'interventions', Unit.PER_HOUR),
              Query(per_hour('flywheel_policy_monitor_alarms_total'), 'monitor alarms',
                    Unit.PER_HOUR),
              Query(per_hour('flywheel_holds_total'), 'holds', Unit.PER_HOUR),
              Query('histogram_quantile(0.95, ' + credited(
                  'flywheel_policy_action_age_seconds_bucket', keep='le, ') + ')',
                  'action age p95', Unit.SECONDS),
          ), key=('policy', 'version'), width=16, height=6, worst_first=('first seen',)),
    Panel(Kind.LINES, 'Interventions per hour, by version', "Each version's own within the hour "
          'before, against the objective (dashed): after a rollout the new line begins, and the '
          'old one ends an hour later. New above old, for longer than minutes: roll back.', (
              Query(interventions('1h'), '{{policy}} {{version}}'),
              Query('flywheel:intervention_objective_per_hour', 'objective', limit=True)),
          Unit.PER_HOUR, width=12, minimum=0),
    Panel(Kind.LINES, 'Monitor alarms per hour of driving, by version', 'Alarms of all '
          'detectors, counted likewise. They lead interventions: a version that alarms more will '
          'be taken over more.',
          (Query(per_hour('flywheel_policy_monitor_alarms_total', over='1h'),
                 '{{policy}} {{version}}'),), Unit.PER_HOUR, width=12, minimum=0),
))

MONITOR = Row('What the monitor thinks', (
    Panel(Kind.LINES, 'Scores against their thresholds', "Each detector's score as a share of "
          'the score at which it alarms; at 100 % (dashed) it alarms and the policy is held. '
          'Often near it: retrain, or mend the threshold with the scores of good runs.', (
              Query('max by (robot, detector) (flywheel_policy_monitor_score{@}) / max by '
                    '(robot, detector) (flywheel_policy_monitor_threshold{@} > 0)',
                    '{{robot}} {{detector}}'),
              Query('max(flywheel_policy_monitor_threshold{@} / '
                    'flywheel_policy_monitor_threshold{@})', 'alarm', limit=True)),
          Unit.RATIO, width=12, minimum=0, maximum=2),
    Panel(Kind.LINES, 'Alarms by detector', 'Alarms raised. What each detector means and what '
          'to do is in the runbook of FlywheelMonitorAlarmRate.',
          (Query(seldom('sum by (detector) (increase(flywheel_policy_monitor_alarms_total{@}'
                        '[$__rate_interval]))', 'detector'), '{{detector}}'),),
          width=6, stacked=True, columns=True, minimum=0),
    Panel(Kind.LINES, 'Holds by gate', 'What held the policy. monitor: see the scores; '
          'robot_silent, monitor_silent: see the nodes of that robot.',
          (Query(seldom('sum by (gate) (increase(flywheel_holds_total{@}[$__rate_interval]))',
                        'gate'), '{{gate}}'),), width=6, stacked=True, columns=True, minimum=0),
))

ACTIONS = Row('What the policy puts out', (
    Panel(Kind.LINES, 'Age of actions', 'Age of the observation behind a chunk when it arrives: '
          'median and p95. Growing: inference is too slow or the link to it is; old actions '
          'hit what has moved.', (
              Query(quantile(0.5, 'flywheel_policy_action_age_seconds', 'policy',
                             ',policy=~"$policy"'), '{{policy}} p50'),
              Query(quantile(0.95, 'flywheel_policy_action_age_seconds', 'policy',
                             ',policy=~"$policy"'), '{{policy}} p95'),
              Query('max(flywheel_policy_monitor_threshold{@,detector="age"})', 'alarm',
                    limit=True)), Unit.SECONDS, minimum=0),
    Panel(Kind.HEATMAP, 'Ages of actions', 'All chunks by the age of their observation. Two '
          'bands: two paths of inference, or one that sometimes waits.',
          (Query('sum by (le) (increase(flywheel_policy_action_age_seconds_bucket{@,'
                 'policy=~"$policy"}[$__rate_interval]))', '{{le}}'),), Unit.SECONDS),
    Panel(Kind.LINES, 'Seams between chunks (p95)', 'Mean step where one chunk takes over from '
          'another, rad or m/s. Growing after a rollout: the policy disagrees with itself.', (
              Query(quantile(0.95, 'flywheel_policy_chunk_discontinuity', 'group'),
                    '{{group}}'),
              Query('max by (detector) (flywheel_policy_monitor_threshold{@,'
                    'detector=~"seam.*"})', '{{detector}} alarms', limit=True)),
          Unit.SCORE, minimum=0),
    Panel(Kind.LINES, 'Chunks', 'Chunks that came, and those the arbiter did not take. A rate '
          'that sags is a policy that cannot keep up.', (
              Query('sum by (policy) (rate(flywheel_policy_actions_total{@,policy=~"$policy"}'
                    '[$__rate_interval]))', '{{policy}}'),
              Query('sum by (reason) (rate(flywheel_policy_chunks_rejected_total{@}'
                    '[$__rate_interval]))', 'not taken: {{reason}}',
                    absent='the arbiter took every chunk')), Unit.PER_SECOND, minimum=0),
    Panel(Kind.LINES, 'Starvations', 'Ticks in which a chunk was used up before the next came: '
          'the robot slows down or stops. Chunks too short, or inference too slow.',
          (Query('sum by (group) (rate(flywheel_policy_starvations_total{@}'
                 '[$__rate_interval])) or 0 * sum(flywheel_mode{@})', '{{group}} starved'),),
          Unit.PER_SECOND, minimum=0),
    Panel(Kind.LINES, 'Ticks limited', 'Ticks in which a limit changed what the policy asked '
          'for. Much of it: the policy was trained without these limits.',
          (Query('sum by (limit) (rate(flywheel_ticks_limited_total{@}[$__rate_interval]))',
                 '{{limit}}'),), Unit.PER_SECOND, minimum=0),
))

OUTCOMES = Row('How it ends', (
    Panel(Kind.LINES, 'Episodes that failed', 'Share of the episodes of the time shown that did '
          'not end in success, by task.',
          (Query('sum by (task) (increase(flywheel_episode_failures_total{@,'
                 'policy=~"$policy"}[$__range])) / (sum by (task) (increase('
                 'flywheel_episodes_total{@,policy=~"$policy"}[$__range])) > 0)', '{{task}}'),),
          Unit.RATIO, minimum=0, maximum=1),
    Panel(Kind.LINES, 'Length of episodes (p50)', 'Half of the episodes took longer. Growing '
          'while all succeed: the policy hesitates.',
          (Query('histogram_quantile(0.5, sum by (task, le) (increase('
                 'flywheel_episode_duration_seconds_bucket{@}[$__range])))', '{{task}}'),),
          Unit.SECONDS, minimum=0),
    Panel(Kind.LINES, 'After an intervention', 'Did the policy fare well after the resume? Many '
          'that did not (false): people give it back too early, or it cannot do this place.',
          (Query('sum by (resumed_ok) (increase(flywheel_interventions_judged_total{@}'
                 '[$__rate_interval]))', 'resumed well: {{resumed_ok}}'),),
          stacked=True, columns=True, minimum=0),
))

DASHBOARD = Dashboard(
    'flywheel-policy', 'Flywheel: policy quality',
    'How well the policies do, what the monitor thinks of them, and what a rollout changed.',
    (THERE, ROLLOUT, MONITOR, ACTIONS, OUTCOMES), (SITE, ROBOT, POLICY),
    (annotations.POLICY_CHANGE, annotations.ALARM, annotations.INTERVENTION),
    period='6h', refresh='1m')
