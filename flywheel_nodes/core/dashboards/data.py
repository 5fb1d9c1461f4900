"""The data flywheel: what is recorded, how much of it can be learned from, what waits."""

from flywheel_nodes.core.dashboards import annotations
from flywheel_nodes.core.dashboards.model import Dashboard, Kind, Panel, Query, Row
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import POLICY, ROBOT, SITE
from flywheel_nodes.core.dashboards.words import counted, NONE_IS_GOOD, seldom

RECORDED = 'flywheel_recorder_recorded_seconds_total{@}'
USABLE = 'flywheel_recorder_usable_seconds_total{@}'
OF_POLICY = ',policy=~"$policy"'
WAITS = ('(time() - max by (robot) (flywheel_upload_oldest_pending_timestamp_seconds{@})) '
         'or 0 * max by (robot) (flywheel_upload_queue_snippets{@})')

NOW = Row('Over the time shown', (
    Panel(Kind.STAT, 'Snippets', 'Snippets that were published. None although robots were taken '
          'over: see the recorder.',
          (Query(counted('flywheel_recorder_snippets_total'), 'snippets'),),
          width=4, height=4),
    Panel(Kind.STAT, 'Recorded', 'Seconds in published snippets.',
          (Query(f'sum(increase({RECORDED}[$__range]))', 'recorded'),), Unit.SECONDS,
          width=4, height=4),
    Panel(Kind.STAT, 'Usable', 'Seconds of it that can be learned from: a human driving in an '
          'intervention that ended well.',
          (Query(f'sum(increase({USABLE}[$__range]))', 'usable'),), Unit.SECONDS,
          width=4, height=4),
    Panel(Kind.STAT, 'Yield', 'Usable of recorded seconds. Low: too long before and after, or '
          'interventions that end badly; try rules with flywheel triggers test.',
          (Query(f'sum(increase({USABLE}[$__range])) / '
                 f'(sum(increase({RECORDED}[$__range])) > 0)', 'yield'),), Unit.RATIO,
          width=4, height=4),
    Panel(Kind.STAT, 'Episodes', 'Episodes that ended.',
          (Query(counted('flywheel_episodes_total', labels=OF_POLICY), 'episodes'),),
          width=4, height=4),
    Panel(Kind.STAT, 'Waits for upload', 'Size of the snippets that wait on robots. It ought to '
          'fall to 0 when robots are in reach of the network.',
          (Query('sum(flywheel_upload_queue_bytes{@})', 'waiting'),), Unit.BYTES,
          width=4, height=4),
))

SNIPPETS = Row('Snippets', (
    Panel(Kind.LINES, 'Snippets by trigger', 'What made them. One trigger that drowns the others '
          'fills disks with what nobody needs: give it a cooldown.',
          (Query('sum by (trigger) (increase(flywheel_recorder_snippets_total{@}'
                 '[$__rate_interval]))', '{{trigger}}'),), stacked=True, columns=True, minimum=0),
    Panel(Kind.LINES, 'Seconds recorded and usable', 'How much was recorded, and the part of it '
          'that can be learned from. The rest is stored in vain: high for days, see the yield.', (
              Query(f'sum(increase({USABLE}[$__rate_interval]))', 'usable'),
              Query(f'sum(increase({RECORDED}[$__rate_interval])) - '
                    f'sum(increase({USABLE}[$__rate_interval]))', 'the rest')),
          Unit.SECONDS, stacked=True, columns=True, minimum=0),
    Panel(Kind.LINES, 'Rules', 'Rules that fired, and those that were met and did not get a '
          'snippet, by reason. rate_limit or too_many_open: they fire too often.', (
              Query('sum(increase(flywheel_recorder_triggers_total{@}[$__rate_interval]))',
                    'fired'),
              Query(seldom('sum by (reason) (increase('
                           'flywheel_recorder_triggers_refused_total{@}[$__rate_interval]))',
                           'reason'), 'refused: {{reason}}')), columns=True, minimum=0),
))

EPISODES = Row('Episodes', (
    Panel(Kind.LINES, 'Episodes', 'Episodes that ended, and of them those without success, by '
          'task. Success and failure both are data: sampled episodes calibrate the monitor.', (
              Query('sum by (task) (increase(flywheel_episodes_total{@,policy=~"$policy"}'
                    '[$__rate_interval]))', '{{task}}'),
              Query('sum by (task) (increase(flywheel_episode_failures_total{@,'
                    'policy=~"$policy"}[$__rate_interval]))', '{{task}} without success')),
          columns=True, minimum=0),
    Panel(Kind.TABLE, 'Tasks', 'Each task of each policy over the time shown, the most failures '
          'first. That is what to collect data for.', (
              Query(counted('flywheel_episodes_total', 'task, policy', OF_POLICY), 'episodes'),
              Query(counted('flywheel_episode_failures_total', 'task, policy', OF_POLICY),
                    'without success'),
              Query('sum by (task, policy) (increase(flywheel_episode_failures_total{@,'
                    'policy=~"$policy"}[$__range])) / (sum by (task, policy) (increase('
                    'flywheel_episodes_total{@,policy=~"$policy"}[$__range])) > 0)',
                    'share', Unit.RATIO)),
          key=('task', 'policy'), worst_first=('without success',)),
    Panel(Kind.LINES, 'Interventions by reason', 'Each is a lesson. Reasons without snippets are '
          'lessons nobody will learn.',
          (Query(seldom('sum by (reason) (increase(flywheel_interventions_total{@}'
                        '[$__rate_interval]))', 'reason'), '{{reason}}'),),
          stacked=True, columns=True, minimum=0),
))

UPLOAD = Row('On the way', (
    Panel(Kind.LINES, 'Backlog', 'Size of what waits for its upload, by robot. Growing for days: '
          'network, or the uploader; at the quota old snippets leave.',
          (Query('max by (robot) (flywheel_upload_queue_bytes{@})', '{{robot}}'),),
          Unit.BYTES, stacked=True, minimum=0),
    Panel(Kind.LINES, 'The oldest waits since', 'Age of the oldest snippet that waits. The alert '
          'FlywheelUploadBacklog says when it is too old.',
          (Query(WAITS, '{{robot}}'),), Unit.SECONDS, minimum=0),
    Panel(Kind.TABLE, 'Robots', 'What each robot holds and has lost. Failed or quarantined '
          'snippets: its recorder.', (
              Query(counted('flywheel_recorder_snippets_total', 'robot'), 'new snippets'),
              Query('max by (robot) (flywheel_recorder_snippets_held{@})', 'held'),
              Query('max by (robot) (flywheel_recorder_held_bytes{@})', 'size', Unit.BYTES),
              Query('max by (robot) (flywheel_upload_queue_snippets{@})', 'waiting'),
              Query(counted('flywheel_recorder_snippets_failed_total', 'robot'), 'failed',
                    steps=NONE_IS_GOOD)),
          key=('robot',), worst_first=('waiting',)),
))

DASHBOARD = Dashboard(
    'flywheel-data', 'Flywheel: data',
    'What the robots record, how much of it can be learned from, and what waits for its upload.',
    (NOW, SNIPPETS, EPISODES, UPLOAD), (SITE, ROBOT, POLICY),
    (annotations.INTERVENTION, annotations.POLICY_CHANGE), period='24h', refresh='1m')
