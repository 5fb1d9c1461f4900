"""Operators: how late they see and steer, what was refused, who waits for help."""

from flywheel_nodes.core.dashboards import annotations
from flywheel_nodes.core.dashboards.model import Dashboard, Kind, Panel, Query, Row
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import ROBOT, SITE
from flywheel_nodes.core.dashboards.words import (
    counted,
    DELAY,
    MODE_NOW,
    MODES,
    NONE_IS_GOOD,
    quantile,
    seldom,
    SOME_IS_ODD,
)

NOW = Row('Now', (
    Panel(Kind.STAT, 'Robots waiting for help', 'Requests for a human that nobody has taken. '
          'Call an operator; the runbook of FlywheelHelpWaiting says how.',
          (Query('sum(flywheel_relay_help_waiting{@})', 'waiting'),),
          steps=NONE_IS_GOOD, width=4, height=4),
    Panel(Kind.STAT, 'Sessions now', 'Robots an operator holds the lease of.',
          (Query('sum(flywheel_teleop_session_active{@})', 'sessions'),), width=4, height=4),
    Panel(Kind.STAT, 'Round trip (p95)', 'From the relay to the operator and back, over the time '
          'shown. Above 200 ms driving gets hard, above 400 ms it is refused.',
          (Query('histogram_quantile(0.95, sum by (le) (increase('
                 'flywheel_teleop_round_trip_seconds_bucket{@}[$__range])))', 'round trip'),),
          Unit.SECONDS, steps=DELAY, width=4, height=4),
    Panel(Kind.STAT, 'Video frame age (p95)', 'How old the picture is that an operator sees, '
          'over the time shown. It caps the speed of the robot.',
          (Query('histogram_quantile(0.95, sum by (le) (increase('
                 'flywheel_video_frame_age_seconds_bucket{@}[$__range])))', 'frame age'),),
          Unit.SECONDS, steps=DELAY, width=4, height=4),
    Panel(Kind.STAT, 'Deadman trips', 'Times the deadman or the commands were lost while '
          'driving. More than a few a day: look at the links.',
          (Query(counted('flywheel_teleop_deadman_trips_total'), 'trips'),),
          steps=SOME_IS_ODD, width=4, height=4),
    Panel(Kind.STAT, 'Logins refused', 'Connections without a valid token. Many, and nobody has '
          'a wrong clock: somebody tries.',
          (Query(counted('flywheel_relay_logins_refused_total'), 'refused'),),
          steps=SOME_IS_ODD, width=4, height=4),
))

LATENCY = Row('Where the delay is', (
    Panel(Kind.LINES, 'Round trip', 'Between relay and operator. High here: the network between '
          'them, not the robot.', (
              Query(quantile(0.5, 'flywheel_teleop_round_trip_seconds'), 'p50'),
              Query(quantile(0.95, 'flywheel_teleop_round_trip_seconds', 'robot'),
                    '{{robot}} p95')), Unit.SECONDS, steps=DELAY, minimum=0),
    Panel(Kind.LINES, 'Delay of commands', 'How much later a command came than the fastest of '
          'the last 30 s. High while the round trip is low: jitter, or a relay without CPU.', (
              Query(quantile(0.5, 'flywheel_teleop_command_delay_seconds'), 'p50'),
              Query(quantile(0.95, 'flywheel_teleop_command_delay_seconds', 'robot'),
                    '{{robot}} p95')), Unit.SECONDS, steps=DELAY, minimum=0),
    Panel(Kind.LINES, 'Age of video frames', "From the camera to the operator's eyes and the "
          'word back. High while the round trip is low: coding is slow or the uplink is full.', (
              Query(quantile(0.5, 'flywheel_video_frame_age_seconds', 'camera'),
                    '{{camera}} p50'),
              Query(quantile(0.95, 'flywheel_video_frame_age_seconds', 'robot, camera'),
                    '{{robot}} {{camera}} p95')), Unit.SECONDS, steps=DELAY, minimum=0),
))

VIDEO = Row('Video', (
    Panel(Kind.LINES, 'Frames', 'Frames that came from cameras, were sent, displayed, and '
          'skipped because the link was busy. Skipped near sent: the link is too thin.', (
              Query('sum by (camera) (rate(flywheel_video_frames_received_total{@}'
                    '[$__rate_interval]))', '{{camera}} received'),
              Query('sum by (camera) (rate(flywheel_video_frames_sent_total{@}'
                    '[$__rate_interval]))', '{{camera}} sent'),
              Query('sum by (camera) (rate(flywheel_video_frames_acked_total{@}'
                    '[$__rate_interval]))', '{{camera}} displayed'),
              Query('sum by (camera) (rate(flywheel_video_frames_skipped_total{@}'
                    '[$__rate_interval]))', '{{camera}} skipped')),
          Unit.PER_SECOND, minimum=0),
    Panel(Kind.LINES, 'Bytes and viewers', 'What video takes of the uplink, and how many '
          'watch.', (
              Query('sum by (robot) (rate(flywheel_video_sent_bytes_total{@}'
                    '[$__rate_interval]))', '{{robot}} sent'),
              Query('sum by (robot) (flywheel_video_viewers{@})', '{{robot}} viewers',
                    Unit.COUNT)), Unit.BYTES_PER_SECOND, minimum=0),
    Panel(Kind.LINES, 'Coding a frame takes', 'Mean time. It is CPU of the robot: too much, and '
          'loops begin late.',
          (Query('sum by (robot, camera) (rate(flywheel_video_encode_seconds_total{@}'
                 '[$__rate_interval])) / (sum by (robot, camera) (rate('
                 'flywheel_video_frames_encoded_total{@}[$__rate_interval])) > 0)',
                 '{{robot}} {{camera}}'),), Unit.SECONDS, minimum=0),
))

REFUSALS = Row('Sessions, refusals, help', (
    Panel(Kind.STATES, 'Who drives', 'Mode of each robot. Blue: an operator.',
          (Query(MODE_NOW, '{{robot}}'),), names=MODES, width=12, height=6),
    Panel(Kind.LINES, 'Sessions and takeovers past us', 'Leases that operators were given, and '
          'times a pendant, remote or tablet took the robot. The latter are interventions too.', (
              Query('sum(increase(flywheel_teleop_sessions_total{@}[$__rate_interval]))',
                    'sessions'),
              Query('sum(increase(flywheel_native_takeovers_total{@}[$__rate_interval]))',
                    'native takeovers'),
              Query('sum(increase(flywheel_teleop_deadman_trips_total{@}[$__rate_interval]))',
                    'deadman trips')), width=12, height=6, columns=True, minimum=0),
    Panel(Kind.LINES, 'Commands', 'Commands of humans that were accepted, and those refused, by '
          'reason. late: the link; neutral_needed: the operator has to let go first.', (
              Query('sum(rate(flywheel_teleop_commands_total{@}[$__rate_interval]))',
                    'accepted'),
              Query(seldom('sum by (reason) (rate(flywheel_teleop_commands_rejected_total{@}'
                           '[$__rate_interval]))', 'reason'), 'refused: {{reason}}')),
          Unit.PER_SECOND, minimum=0),
    Panel(Kind.LINES, 'Refusals of the relay', 'Messages and logins that were refused, by '
          'reason. size, depth, malformed in numbers: a broken client or an attack.', (
              Query(seldom('sum by (reason) (increase(flywheel_relay_messages_rejected_total{@}'
                           '[$__rate_interval]))', 'reason'), 'message: {{reason}}'),
              Query(seldom('sum by (reason) (increase(flywheel_relay_logins_refused_total{@}'
                           '[$__rate_interval]))', 'reason'), 'login: {{reason}}')),
          columns=True, minimum=0),
    Panel(Kind.LINES, 'Help', 'Requests for a human by reason, and how they ended. Dismissed or '
          'resolved more than taken over: it asks too often.', (
              Query(seldom('sum by (reason) (increase(flywheel_relay_help_requests_total{@}'
                           '[$__rate_interval]))', 'reason'), 'asked: {{reason}}'),
              Query('-' + seldom('sum by (because) (increase(flywheel_relay_help_ended_total{@}'
                                 '[$__rate_interval]))', 'because'), 'ended: {{because}}')),
          columns=True),
    Panel(Kind.TABLE, 'Relays', 'The relay of each robot now. Lost audit lines: its disk; a '
          'certificate that expires soon: renew it (FlywheelCertificateExpiring).', (
              Query('max by (robot) (flywheel_relay_connections{@})', 'clients'),
              Query('max by (robot) (flywheel_relay_open_connections{@})', 'connections'),
              Query('max by (robot) (flywheel_relay_help_waiting{@})', 'help waiting',
                    steps=NONE_IS_GOOD),
              Query(counted('flywheel_relay_clients_dropped_total', 'robot'), 'clients cut off',
                    steps=SOME_IS_ODD),
              Query(counted('flywheel_relay_strangers_evicted_total', 'robot'),
                    'strangers evicted', steps=SOME_IS_ODD),
              Query(counted('flywheel_relay_audit_lines_total', 'robot'), 'audit lines'),
              Query(counted('flywheel_relay_audit_lines_lost_total', 'robot'), 'of them lost',
                    steps=NONE_IS_GOOD),
              Query('min by (robot) (flywheel_relay_certificate_expiry_timestamp_seconds{@}) '
                    '- time()', 'certificate expires in', Unit.SECONDS,
                    absent='the relay serves without TLS')),
          key=('robot',), width=24, height=6, worst_first=('help waiting',)),
))

DASHBOARD = Dashboard(
    'flywheel-teleop', 'Flywheel: teleoperation',
    'How late operators see and steer, what was refused and why, and who waits for help.',
    (NOW, LATENCY, VIDEO, REFUSALS), (SITE, ROBOT),
    (annotations.INTERVENTION, annotations.STOP))
