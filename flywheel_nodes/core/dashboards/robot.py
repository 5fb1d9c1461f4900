"""One robot, or a few: who drives it, its loops, topics, body, machine and processes."""

from flywheel_nodes.core.dashboards import annotations
from flywheel_nodes.core.dashboards.model import Colour, Dashboard, Kind, Panel, Query, Row, Step
from flywheel_nodes.core.dashboards.units import Unit
from flywheel_nodes.core.dashboards.variables import ROBOT, SITE
from flywheel_nodes.core.dashboards.words import (
    CHARGE,
    counted,
    LEVELS,
    MODE_NOW,
    MODES,
    NONE_IS_GOOD,
    quantile,
    seldom,
    SHARE_USED,
    UP,
    YES_IS_BAD,
    YES_IS_GOOD,
)

LATE = (Step(0, Colour.GOOD), Step(0.005, Colour.WATCH), Step(0.02, Colour.ALARM))
PACE = (Step(0, Colour.ALARM), Step(0.8, Colour.WATCH), Step(0.95, Colour.GOOD))
RECEIVED = 'flywheel_topic_messages_total{@,node="snippet_recorder"}[$__rate_interval]'

NOW = Row('Now', (
    Panel(Kind.STAT, 'Who drives', 'The mode of the robot now. Hold or stopped: somebody is '
          'needed; the mode below says since when.', (Query(MODE_NOW, '{{robot}}'),),
          names=MODES, width=4, height=4),
    Panel(Kind.STAT, 'Nodes down', 'Nodes that were not heard within heartbeat_timeout. Which '
          'one: the chart of nodes; what that means: the runbook of FlywheelNodeDown.',
          (Query('sum by (robot) (1 - flywheel_node_up{@})', '{{robot}}'),),
          steps=NONE_IS_GOOD, width=4, height=4),
    Panel(Kind.STAT, 'Competing publishers', 'Others on topics that only a node of ours may '
          'publish. Which: the table of topics; who: flywheel doctor; what to do: the runbook of '
          'FlywheelCompetingPublisher.',
          (Query('sum by (robot) (flywheel_topic_competing_publishers{@})', '{{robot}}'),),
          steps=NONE_IS_GOOD, width=4, height=4),
    Panel(Kind.STAT, "Adapter's problems", 'What keeps robot_adapter from commanding the robot: '
          'its driver, its messages, its emergency stop. The log of robot_adapter and flywheel '
          'doctor name them.',
          (Query('max by (robot) (flywheel_robot_problems{@})', '{{robot}}'),),
          steps=NONE_IS_GOOD, width=3, height=4),
    Panel(Kind.STAT, 'Battery', 'Charge of the battery. Under its limit the robot reports a '
          'fault: bring it to its charger before it stops by itself.',
          (Query('max by (robot) (flywheel_battery_charge_ratio{@})', '{{robot}}'),),
          Unit.RATIO, steps=CHARGE, width=3, height=4),
    Panel(Kind.STAT, 'Autonomy', 'Share of all driving that the policy did, over the time shown.',
          (Query('sum by (robot) (increase(flywheel_mode_seconds_total{@,mode="policy"}[$__range]'
                 ')) / (sum by (robot) (increase('
                 'flywheel_mode_seconds_total{@,mode=~"policy|human"}[$__range])) > 0)',
                 '{{robot}}'),), Unit.RATIO, width=3, height=4),
    Panel(Kind.STAT, 'Machine up for', 'Time since the machine was started. Short and not on '
          'purpose: power or a crash of the machine.',
          (Query('time() - max by (robot) (flywheel_host_boot_timestamp_seconds{@})',
                 '{{robot}}'),), Unit.SECONDS, width=3, height=4),
))

DRIVING = Row('Driving', (
    Panel(Kind.STATES, 'Who drives', 'Mode over time; a gap: control_arbiter was down.',
          (Query(MODE_NOW, '{{robot}}'),), names=MODES, width=12, height=5),
    Panel(Kind.STATES, 'Emergency stop, owner, silence', 'Is the emergency stop pressed, does '
          'something else than flywheel command the robot, is a topic silent that ought to come.',
          (Query('max by (robot) (flywheel_estop_pressed{@} == 0 or flywheel_estop_pressed{@} == '
                 '1)', '{{robot}} emergency stop', absent='nothing says so on this robot'),
           Query('max by (robot) (flywheel_control_owner{@,owner="native"})',
                 '{{robot}} native driver'),
           Query('max by (robot) (flywheel_topic_silent{@}) or '
                 '0 * max by (robot) (flywheel_recorder_topics{@})', '{{robot}} silent topic'),
           ), names=YES_IS_BAD, width=12, height=5),
    Panel(Kind.STATES, 'Nodes', 'Nodes that are heard. Red: what it means for the robot and '
          'where to look is a table in docs/sre.md and the runbook of FlywheelNodeDown.',
          (Query('max by (robot, node) (flywheel_node_up{@})', '{{robot}} {{node}}'),),
          names=UP, width=12, height=8),
    Panel(Kind.LINES, 'Commands to the robot', 'Commands sent, and those the adapter clamped, '
          'did not send because the robot was not ready, or did not pass on because somebody else '
          'sent them. Clamped for long: limits of the policy and of the robot file differ.', (
              Query('sum by (robot) (rate(flywheel_robot_commands_total{@}[$__rate_interval]))',
                    '{{robot}} sent'),
              Query('sum by (robot) (rate(flywheel_robot_commands_clamped_total{@}'
                    '[$__rate_interval]))', '{{robot}} clamped'),
              Query('sum by (robot) (rate(flywheel_robot_commands_refused_total{@}'
                    '[$__rate_interval]))', '{{robot}} not sent'),
              Query('sum by (robot) (rate(flywheel_robot_commands_foreign_total{@}'
                    '[$__rate_interval]))', "{{robot}} somebody else's"),
          ), Unit.PER_SECOND, width=12, height=8, minimum=0),
))

LOOPS = Row('Loops', (
    Panel(Kind.LINES, 'How late loops begin (p99)', 'Of 100 loops one began later than this. '
          'control_arbiter above a few ms: the machine has too much to do; see CPU, and give it '
          'a CPU of its own.',
          (Query(quantile(0.99, 'flywheel_loop_late_seconds', 'robot, node'),
                 '{{robot}} {{node}}'),), Unit.SECONDS, steps=LATE, minimum=0),
    Panel(Kind.HEATMAP, 'Lateness of control_arbiter', 'Loops of the arbiter by how late they '
          'began. A second band far from the first is something that interrupts it regularly.',
          (Query('sum by (le) (increase(flywheel_loop_late_seconds_bucket{@,'
                 'node="control_arbiter"}[$__rate_interval]))', '{{le}}'),), Unit.SECONDS),
    Panel(Kind.LINES, 'Overruns and work left undone', 'Loops a full period late or more, and '
          'work that was shed to save them. Shedding that does not end: too much load.', (
              Query('sum by (robot, node) (rate(flywheel_loop_overruns_total{@}'
                    '[$__rate_interval]))', '{{robot}} {{node}} overruns'),
              Query(seldom('sum by (robot, what) (rate(flywheel_shed_total{@}'
                           '[$__rate_interval]))', 'what'), '{{robot}} {{what}} left undone'),
          ), Unit.PER_SECOND, minimum=0),
))

TOPICS = Row('Topics', (
    Panel(Kind.LINES, 'Rate against the expected', 'Messages that came as a share of the nominal '
          'rate in the robot file. Below 95 % the driver, a sensor or the network loses some.',
          (Query(f'sum by (robot, topic) (rate({RECEIVED})) / on (robot, topic) '
                 'max by (robot, topic) (flywheel_topic_expected_rate_hertz{@} > 0)',
                 '{{robot}} {{topic}}'),), Unit.RATIO, steps=PACE, minimum=0),
    Panel(Kind.LINES, 'Latency of topics (p95)', 'From sending to arrival, by the wall clock, of '
          'topics that come steadily: the robot file expects a rate of them. High on all: load, '
          'or clocks of two machines that differ.',
          (Query(quantile(0.95, 'flywheel_topic_latency_seconds', 'robot, topic')
                 + ' and on (robot, topic) flywheel_topic_expected_rate_hertz{@} >= 1',
                 '{{robot}} {{topic}}'),), Unit.SECONDS, minimum=0),
    Panel(Kind.LINES, 'Lost messages', 'Gaps in the numbers of a publisher, and messages that '
          'did not decode, by topic. Loss of one node only: that node is too slow.', (
              Query('sum by (robot, topic) (rate(flywheel_topic_messages_lost_total{@}'
                    '[$__rate_interval])) > 0', '{{robot}} {{topic}} lost',
                    absent='no message was lost'),
              Query('sum by (robot) (rate(flywheel_topic_messages_rejected_total{@}'
                    '[$__rate_interval])) or 0 * max by (robot) (flywheel_graph_topics{@})',
                    '{{robot}} did not decode'),
          ), Unit.PER_SECOND, minimum=0),
    Panel(Kind.TABLE, 'Topics', 'Each recorded topic now, what is wrong first. Competing '
          'publishers and mismatches must be 0: the former fight over the robot, the latter '
          'never connect.', (
              Query('max by (robot, topic) (flywheel_topic_competing_publishers{@}) or '
                    '0 * max by (robot, topic) (flywheel_topic_publishers{@})', 'competing',
                    steps=NONE_IS_GOOD),
              Query('max by (robot, topic) (flywheel_topic_qos_mismatches{@})', 'mismatches',
                    steps=NONE_IS_GOOD),
              Query(f'sum by (robot, topic) (rate({RECEIVED}))', 'rate', Unit.HERTZ),
              Query('max by (robot, topic) (flywheel_topic_expected_rate_hertz{@})', 'expected',
                    Unit.HERTZ),
              Query('time() - max by (robot, topic) '
                    '(flywheel_topic_last_message_timestamp_seconds{@})', 'last heard before',
                    Unit.SECONDS),
              Query('max by (robot, topic) (flywheel_topic_publishers{@})', 'publishers'),
              Query('max by (robot, topic) (flywheel_topic_subscribers{@})', 'subscribers'),
          ), key=('robot', 'topic'), width=24, height=10,
          worst_first=('competing', 'mismatches', 'last heard before')),
))

BODY = Row('The body', (
    Panel(Kind.LINES, 'Battery', 'Charge, and the charge from which on it is a fault (dashed).', (
        Query('max by (robot) (flywheel_battery_charge_ratio{@})', '{{robot}} charge'),
        Query('max by (robot) (flywheel_battery_charge_low_ratio{@})', '{{robot}} low',
              limit=True)), Unit.RATIO, width=6, minimum=0, maximum=1),
    Panel(Kind.LINES, 'Battery voltage', 'Voltage of the battery. It sags under load; a sag that '
          'grows from week to week is a battery that ages.',
          (Query('max by (robot) (flywheel_battery_voltage_volts{@})', '{{robot}}'),),
          Unit.VOLTS, width=6),
    Panel(Kind.LINES, 'Temperatures', 'Joints, sensors of the machine, and the temperature from '
          'which on a joint is at fault (dashed). One joint apart from the rest: friction or '
          'load.', (
              Query('max by (robot, joint) (flywheel_joint_temperature_celsius{@})',
                    '{{robot}} {{joint}}'),
              Query('max by (robot, sensor) (flywheel_host_temperature_celsius{@})',
                    '{{robot}} {{sensor}}', absent='a machine without sensors'),
              Query('max by (robot) (flywheel_joint_temperature_high_celsius{@})',
                    '{{robot}} high', limit=True)), Unit.CELSIUS, width=6),
    Panel(Kind.LINES, 'Faults and safe stops', 'Faults the robot told of, stops of the adapter '
          'for stale input, failed requests. All are worth a look in its log.', (
              Query('sum by (robot, fault) (increase(flywheel_robot_faults_total{@}'
                    '[$__rate_interval]))', '{{robot}} {{fault}}',
                    absent='the robot never reported a fault'),
              Query('sum by (robot) (increase(flywheel_robot_safe_stops_total{@}'
                    '[$__rate_interval]))', '{{robot}} safe stop'),
              Query('sum by (robot, call) (increase(flywheel_robot_calls_total{@,'
                    'result!="done"}[$__rate_interval]))', '{{robot}} {{call}} failed',
                    absent='nothing that was asked of the robot failed')),
          columns=True, width=6, minimum=0),
))

MACHINE = Row('The machine', (
    Panel(Kind.LINES, 'CPU', 'Share of all CPUs that work, and in what. Above 80 % loops begin '
          'late.',
          (Query('sum by (robot, mode) (rate(flywheel_host_cpu_seconds_total{@,mode!="idle"}'
                 '[$__rate_interval])) / on (robot) group_left max by (robot) '
                 '(flywheel_host_cpus{@})', '{{robot}} {{mode}}'),),
          Unit.RATIO, width=5, stacked=True, minimum=0, maximum=1),
    Panel(Kind.LINES, 'Memory and disk in use', 'Share of memory and of each file system that is '
          'taken. A full disk ends recording: see the recorder.', (
              Query('1 - max by (robot) (flywheel_host_memory_available_bytes{@}) / '
                    'max by (robot) (flywheel_host_memory_size_bytes{@})', '{{robot}} memory'),
              Query('1 - max by (robot, disk) (flywheel_host_disk_free_bytes{@}) / '
                    'max by (robot, disk) (flywheel_host_disk_size_bytes{@})',
                    '{{robot}} {{disk}}')),
          Unit.RATIO, width=5, steps=SHARE_USED, minimum=0, maximum=1),
    Panel(Kind.LINES, 'Network', 'Received (below zero: sent) by interface. Video and uploads '
          'are what is big here.', (
              Query('sum by (robot, interface) (rate('
                    'flywheel_host_network_received_bytes_total{@}[$__rate_interval]))',
                    '{{robot}} {{interface}} in'),
              Query('-sum by (robot, interface) (rate('
                    'flywheel_host_network_sent_bytes_total{@}[$__rate_interval]))',
                    '{{robot}} {{interface}} out')), Unit.BYTES_PER_SECOND, width=5),
    Panel(Kind.STAT, 'Clock is steered', 'Does a time service steer the wall clock? No: it '
          'drifts, and what is measured between machines is wrong.',
          (Query('min by (robot) (flywheel_clock_synchronized{@})', '{{robot}}'),),
          names=YES_IS_GOOD, width=4),
    Panel(Kind.LINES, 'Clock', 'How far peers are ahead of our wall clock. More than some ms: '
          'latencies and stamps are wrong.',
          (Query('max by (robot, peer) (flywheel_clock_offset_seconds{@})', '{{robot}} {{peer}}',
                 absent='no time service tells the offset'),), Unit.SECONDS, width=5),
))

PROCESSES = Row('Processes and their words', (
    Panel(Kind.LINES, 'CPU by node', 'Cores each node takes. One that grows over days leaks '
          'work.',
          (Query('sum by (robot, node) (rate(flywheel_process_cpu_seconds_total{@}'
                 '[$__rate_interval]))', '{{robot}} {{node}}'),), Unit.RATIO, width=6,
          stacked=True, minimum=0),
    Panel(Kind.LINES, 'Memory by node', 'Resident memory of each node. The recorder holds its '
          'ring; all others ought to stay where they are.',
          (Query('max by (robot, node) (flywheel_process_resident_memory_bytes{@})',
                 '{{robot}} {{node}}'),), Unit.BYTES, width=6, minimum=0),
    Panel(Kind.LINES, 'Log lines by level', 'Warnings and worse on /rosout, by node. The log of '
          'that node says what.',
          (Query(seldom('sum by (robot, node, level) (rate(flywheel_log_messages_total{@,'
                        'level=~"warn|error|fatal"}[$__rate_interval]))', 'level'),
                 '{{robot}} {{node}} {{level}}'),),
          Unit.PER_SECOND, width=6, minimum=0),
    Panel(Kind.STATES, 'Diagnostics', 'Newest level of each component on /diagnostics. Error: '
          'the hardware says so itself; stale: it says nothing any more.',
          (Query('max by (robot, component) (flywheel_diagnostic_level{@})',
                 '{{robot}} {{component}}'),), names=LEVELS, width=6),
    Panel(Kind.TABLE, 'Nodes', 'Each process of the robot now, with what it holds open. Restarts '
          'count ends that were not clean since the robot booted.', (
              Query('max by (robot, node) (flywheel_node_up{@})', 'state', names=UP),
              Query('time() - max by (robot, node) (flywheel_node_start_time_seconds{@})',
                    'runs for', Unit.SECONDS),
              Query('max by (robot, node) (flywheel_node_restarts_total{@})', 'restarts',
                    steps=NONE_IS_GOOD),
              Query('max by (robot, node) (flywheel_process_open_fds{@})', 'open files'),
              Query('max by (robot, node) (flywheel_process_threads{@})', 'threads'),
              Query(counted('flywheel_node_series_dropped_total', 'robot, node'),
                    'series dropped', steps=NONE_IS_GOOD)),
          key=('robot', 'node'), width=16, height=9, worst_first=('restarts',)),
    Panel(Kind.LINES, 'The exporter', 'Time that answers to scrapes took (p95), and refusals of '
          'series. Refused: somebody makes labels without end; its log names the series.', (
              Query(quantile(0.95, 'flywheel_exporter_collect_duration_seconds', 'robot'),
                    '{{robot}} an answer took'),
              Query('sum by (robot) (rate(flywheel_exporter_series_dropped_total{@}'
                    '[$__rate_interval]))', '{{robot}} refusals of series', Unit.PER_SECOND)),
          Unit.SECONDS, height=9, minimum=0),
))

DASHBOARD = Dashboard(
    'flywheel-robot', 'Flywheel: robot',
    'All there is to know of one robot: who drives it, its loops, topics, body and machine.',
    (NOW, DRIVING, LOOPS, TOPICS, BODY, MACHINE, PROCESSES), (SITE, ROBOT), annotations.ALL)
