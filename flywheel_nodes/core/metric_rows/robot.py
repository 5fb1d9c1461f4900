"""Metrics of the robot itself: battery, joints, faults, commands."""

from flywheel_nodes.core.metric import ALL_NODES, C, G, Metric
from flywheel_nodes.core.watching.robot_watch import Fault

ROWS: tuple[Metric, ...] = (
    Metric('battery_charge_ratio', G, 'charge of the battery', 'robot_adapter'),
    Metric('battery_charge_low_ratio', G, 'charge at or below which the battery is a fault',
           'robot_adapter'),
    Metric('battery_voltage_volts', G, 'voltage of the battery', 'robot_adapter'),
    Metric('joint_temperature_celsius', G, 'temperature of a joint', 'robot_adapter',
           ('joint',)),
    Metric('joint_temperature_high_celsius', G, 'temperature from which on a joint is a fault',
           'robot_adapter'),
    Metric('robot_faults_total', C, 'faults the robot reported', 'robot_adapter', ('fault',),
           closed=tuple(Fault)),
    Metric('robot_commands_total', C, 'commands sent to the robot', 'robot_adapter', ('topic',)),
    Metric('robot_commands_clamped_total', C, 'commands the adapter had to clamp',
           'robot_adapter', ('topic',)),
    Metric('robot_commands_refused_total', C, 'commands not sent: the robot was not ready',
           'robot_adapter', ('topic',)),
    Metric('robot_commands_foreign_total', C,
           'commands of somebody else than control_arbiter: they are not passed on',
           'robot_adapter', ('topic',)),
    Metric('robot_problems', G, 'what keeps this stack from commanding the robot; 0: nothing',
           'robot_adapter'),
    Metric('robot_calls_total', C, 'requests to the robot: done, failed or timed_out',
           'robot_adapter', ('call', 'result')),
    Metric('robot_safe_stops_total', C, 'times stale input made the adapter stop the robot',
           'robot_adapter'),
    Metric('camera_frames_skipped_total', C, 'frames the embedded camera had no time for',
           ALL_NODES, ('camera', 'node')),
)
