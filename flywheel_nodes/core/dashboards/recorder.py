"""The recorder's health: how far it reaches back, what it loses, and whether its disk lasts."""

from flywheel_nodes.core.dashboards import annotations
from flywheel_nodes.core.dashboards.model import Colour, Dashboard, Kind, Panel, Query, Row, Step
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import ROBOT, SITE
from flywheel_nodes.core.dashboards.words import counted, NONE_IS_GOOD, SOME_IS_ODD, YES_IS_BAD

REACH = (Step(0, Colour.ALARM), Step(10, Colour.WATCH), Step(15, Colour.GOOD))
LOST = 'flywheel_recorder_messages_lost_total{@}'
WRITTEN = 'flywheel_recorder_messages_written_total{@}'

NOW = Row('Now', (
    Panel(Kind.STAT, 'Reaches back', 'Seconds before a trigger that are still there: the worst '
          'robot. Under its pre_roll it lacks memory: raise ring_bytes or record less.',
          (Query('min(flywheel_recorder_ring_seconds{@})', 'worst'),), Unit.SECONDS,
          steps=REACH, width=4, height=4),
    Panel(Kind.STAT, 'Messages lost', 'Messages over the time shown that did not get into a '
          'snippet. Anything but 0: see where and on which topic, below.',
          (Query(counted('flywheel_recorder_messages_lost_total')
                 + ' or 0 * sum(flywheel_recorder_topics{@})', 'lost'),),
          steps=NONE_IS_GOOD, width=4, height=4),
    Panel(Kind.STAT, 'Disk blocked', 'Robots whose disk takes no snippets: nothing is recorded. '
          'The runbook of FlywheelRecordingBlocked; then recording goes on by itself.',
          (Query('sum(flywheel_recorder_storage_blocked{@})', 'robots'),),
          steps=NONE_IS_GOOD, width=4, height=4),
    Panel(Kind.STAT, 'Snippets failed', 'Snippets that could not be written, over the time '
          "shown. The recorder's log says why.",
          (Query(counted('flywheel_recorder_snippets_failed_total'), 'failed'),),
          steps=NONE_IS_GOOD, width=4, height=4),
    Panel(Kind.STAT, 'Evicted', 'Snippets removed to make room, over the time shown. Were they '
          'wanted? A larger quota or a working upload.',
          (Query(counted('flywheel_recorder_snippets_evicted_total'), 'evicted'),),
          steps=SOME_IS_ODD, width=4, height=4),
    Panel(Kind.STAT, 'Broken rules', 'Rules that can never fire: a topic or field that does not '
          'exist. The event condition_broken names them.',
          (Query('sum(flywheel_recorder_conditions_broken{@})', 'rules'),),
          steps=NONE_IS_GOOD, width=4, height=4),
))

RING = Row('Memory', (
    Panel(Kind.LINES, 'The ring reaches back', 'Seconds held in memory. It is full after as many '
          'seconds as pre_roll; lower: memory is short for this much data.',
          (Query('min by (robot) (flywheel_recorder_ring_seconds{@})', '{{robot}}'),),
          Unit.SECONDS, steps=REACH, minimum=0),
    Panel(Kind.LINES, 'Memory of the ring', "Bytes the ring takes, and all of the recorder's "
          'process. The process far above the ring: camera frames in flight, or a leak.', (
              Query('max by (robot) (flywheel_recorder_ring_bytes{@})', '{{robot}} ring'),
              Query('max by (robot) (flywheel_process_resident_memory_bytes{@,'
                    'node="snippet_recorder"})', '{{robot}} process')),
          Unit.BYTES, minimum=0),
    Panel(Kind.LINES, 'What comes in', 'Bytes received by topic, the ten largest. Cameras '
          'dominate: their rate is bounded in recording.yaml.',
          (Query('topk(10, sum by (robot, topic) (rate(flywheel_topic_received_bytes_total{@}'
                 '[$__rate_interval])))', '{{robot}} {{topic}}'),),
          Unit.BYTES_PER_SECOND, stacked=True, minimum=0),
))

LOSS = Row('Loss and silence', (
    Panel(Kind.LINES, 'Lost, by place', 'Messages that did not get into a snippet, by where. '
          'network: before us; intake: CPU; writer_queue: the disk is too slow.', (
              Query(f'sum by (where) (increase({LOST}[$__rate_interval])) > 0', '{{where}}',
                    absent='nothing was lost'),
              Query('0 * sum(flywheel_recorder_topics{@})', 'none')),
          columns=True, minimum=0),
    Panel(Kind.LINES, 'Share lost', 'Messages lost of all that belonged into snippets, over the '
          'time shown. FlywheelRecorderLoss fires on it.',
          (Query(f'(sum by (robot) (increase({LOST}[$__range])) or 0 * sum by (robot) '
                 f'(increase({WRITTEN}[$__range]))) / (sum by (robot) (increase('
                 f'{WRITTEN}[$__range])) > 0)', '{{robot}}'),), Unit.RATIO, minimum=0),
    Panel(Kind.LINES, 'Thinned, dropped, skipped', 'Messages above max_rate (meant), frames that '
          'could not be compressed, latched messages without room.', (
              Query('sum(rate(flywheel_topic_messages_thinned_total{@}[$__rate_interval]))',
                    'thinned', absent='no topic came faster than its max_rate'),
              Query('sum(rate(flywheel_recorder_frames_dropped_total{@}[$__rate_interval]))',
                    'frames dropped', absent='every frame could be compressed'),
              Query('sum(rate(flywheel_recorder_state_dropped_total{@}[$__rate_interval]))',
                    'latched dropped')), Unit.PER_SECOND, minimum=0),
    Panel(Kind.STATES, 'Silence and limits', 'Topics that ought to come and do not, and bounds '
          'of the store that do not hold. Both by robot.', (
              Query('max by (robot, topic) (flywheel_topic_silent{@}) > 0',
                    '{{robot}} {{topic}} silent', absent='no topic is silent'),
              Query('max by (robot) (flywheel_recorder_storage_blocked{@})',
                    '{{robot}} disk blocked'),
              Query('max by (robot, bound) (flywheel_recorder_quota_unmet{@})',
                    '{{robot}} {{bound}} unmet')), names=YES_IS_BAD, width=12),
    Panel(Kind.TABLE, 'Recorders', 'What each recorder records now. Skipped topics: their type '
          'is not installed, or there are too many.', (
              Query('max by (robot) (flywheel_recorder_topics{@})', 'topics'),
              Query('max by (robot) (flywheel_recorder_topics_skipped{@})', 'skipped',
                    steps=SOME_IS_ODD),
              Query('max by (robot) (flywheel_recorder_ring_seconds{@})', 'reaches back',
                    Unit.SECONDS),
              Query('max by (robot) (flywheel_recorder_free_bytes{@})', 'free disk',
                    Unit.BYTES),
              Query('max by (robot) (flywheel_recorder_states_unreadable{@})',
                    'unreadable states', steps=SOME_IS_ODD),
              Query(counted('flywheel_recorder_snippets_recovered_total', 'robot'), 'recovered',
                    absent='nothing had to be recovered')),
          key=('robot',), width=12, worst_first=('skipped',)),
))

DISK = Row('Disk', (
    Panel(Kind.LINES, 'Free disk', 'Free space, and where no snippet is begun any more (dashed). '
          'FlywheelDiskNearlyFull fires at twice that.', (
              Query('min by (robot) (flywheel_recorder_free_bytes{@})', '{{robot}} free'),
              Query('max by (robot) (flywheel_recorder_min_free_bytes{@})', '{{robot}} least',
                    limit=True)), Unit.BYTES, width=6, minimum=0),
    Panel(Kind.LINES, 'Held snippets', 'What snippets take, and their quota (dashed; none where '
          'there is no quota). At the quota the least wanted leave.', (
              Query('max by (robot) (flywheel_recorder_held_bytes{@})', '{{robot}} held'),
              Query('max by (robot) (flywheel_recorder_quota_bytes{@}) > 0', '{{robot}} quota',
                    absent='there is no quota', limit=True)), Unit.BYTES, width=6, minimum=0),
    Panel(Kind.LINES, 'Written and evicted', 'Bytes of snippets published, and (below zero) '
          'removed. Both large: the disk is a sieve, not a store.', (
              Query('sum by (robot) (rate(flywheel_recorder_written_bytes_total{@}'
                    '[$__rate_interval]))', '{{robot}} written'),
              Query('-sum by (robot) (rate(flywheel_recorder_evicted_bytes_total{@}'
                    '[$__rate_interval]))', '{{robot}} evicted')), Unit.BYTES_PER_SECOND,
          width=6),
    Panel(Kind.LINES, 'Evicted, by bound', 'Snippets removed to make room, by what asked for it. '
          'free_space: the disk is smaller than the quota, or others fill it.',
          (Query('sum by (because) (increase(flywheel_recorder_snippets_evicted_total{@}'
                 '[$__rate_interval]))', '{{because}}'),), width=6, stacked=True, columns=True,
          minimum=0),
))

DASHBOARD = Dashboard(
    'flywheel-recorder', 'Flywheel: recorder',
    'How far the recorder reaches back, what it loses and where, and whether its disk lasts.',
    (NOW, RING, LOSS, DISK), (SITE, ROBOT), (annotations.RESTART, annotations.ALARM))
