"""
Every topic by name, type, QoS and rate; names live nowhere else.

Names are relative to the robot's namespace unless they start with a slash.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Qos:
    """The part of a QoS profile that differs between our topics."""

    depth: int = 1
    reliable: bool = True
    latched: bool = False
    lifespan_ms: int = 0

    def __str__(self) -> str:
        """Return the words of the reference table."""
        words = ['reliable' if self.reliable else 'best effort', str(self.depth)]
        words += ['latched'] if self.latched else []
        words += [f'lifespan {self.lifespan_ms} ms'] if self.lifespan_ms else []
        return ', '.join(words)


@dataclass(frozen=True)
class Topic:
    """
    One topic.

    rate: nominal messages per second, None where there is none; recorded: in each snippet;
    state: its last message holds until the next one, so a snippet starts with it.
    """

    name: str
    type: str
    qos: Qos
    writer: str
    meaning: str
    rate: float | None = None
    recorded: bool = True
    state: bool = False


_LATCHED = Qos(1, latched=True)
_SENSOR = Qos(10, reliable=False)
_JOINTS = 'trajectory_msgs/msg/JointTrajectory'
_DIAGNOSTICS = 'diagnostic_msgs/msg/DiagnosticArray'

POLICY_JOINTS = Topic(
    'policy/joint_trajectory', _JOINTS, Qos(), 'policy',
    'action chunk of H points; header.stamp is the stamp of the observation it came from and '
    'time_from_start counts from it', 10.0)
POLICY_BASE = Topic(
    'policy/multi_dof_trajectory', 'trajectory_msgs/msg/MultiDOFJointTrajectory', Qos(), 'policy',
    'chunk of base velocities (joint_names: base) in the body frame; stamps as above', 10.0)
POLICY_CMD_VEL = Topic(
    'policy/cmd_vel', 'geometry_msgs/msg/TwistStamped', Qos(), 'policy',
    'a single base action instead of a chunk; same meaning of the stamp')
POLICY_SAMPLES = Topic(
    'policy/samples', 'std_msgs/msg/Float32MultiArray', _SENSOR, 'policy',
    'optional: B sampled chunks, B x H x d, labelled layout')
POLICY_EMBEDDING = Topic(
    'policy/embedding', 'std_msgs/msg/Float32MultiArray', _SENSOR, 'policy',
    'optional: latent vector of the observation')
POLICY_INFO = Topic(
    'policy/info', _DIAGNOSTICS, _LATCHED, 'policy',
    'name, version, checkpoint digest, action space, task, instruction', state=True)
TELEOP_COMMAND = Topic(
    'teleop/command', _DIAGNOSTICS, Qos(1, lifespan_ms=200), 'teleop_relay',
    'operator, lease, epoch, seq, deadman, axes: a command never travels without its authority',
    20.0)
TELEOP_CMD_VEL = Topic(
    'teleop/cmd_vel', 'geometry_msgs/msg/TwistStamped', Qos(), 'control_arbiter',
    'the accepted base request of the human, for tools and recordings')
TELEOP_JOINTS = Topic(
    'teleop/joint_trajectory', _JOINTS, Qos(), 'control_arbiter',
    'the accepted joint request of the human, for tools and recordings')
ROBOT_CMD_VEL = Topic(
    'robot/cmd_vel', 'geometry_msgs/msg/TwistStamped', Qos(), 'control_arbiter',
    'what the base shall do now, freshly stamped', 50.0)
ROBOT_JOINTS = Topic(
    'robot/joint_trajectory', _JOINTS, Qos(), 'control_arbiter',
    'where the joints shall be within the next two ticks, freshly stamped', 50.0)
APPLIED_CMD_VEL = Topic(
    'robot/applied_cmd_vel', 'geometry_msgs/msg/TwistStamped', Qos(10), 'robot_adapter',
    'what was really sent to the base, after the last limits; stamped when it was', 50.0)
APPLIED_JOINTS = Topic(
    'robot/applied_joint_trajectory', _JOINTS, Qos(10), 'robot_adapter',
    'what was really sent to the joints, after the last limits; stamped when it was', 50.0)
CONTROL = Topic(
    'flywheel/control', _DIAGNOSTICS, _LATCHED, 'control_arbiter',
    'mode, gate, reason, operator, intervention, phase; on each transition and at 10 Hz', 10.0,
    state=True)
VERDICT = Topic(
    'flywheel/verdict', _DIAGNOSTICS, Qos(), 'policy_monitor',
    'leave to let the policy drive; the arbiter holds when it is older than 300 ms', 20.0)
TICKS = Topic(
    'flywheel/ticks', 'std_msgs/msg/Float64MultiArray', Qos(200, reliable=False),
    'control_arbiter', 'one row per arbiter tick, several at a time while the robot '
    'rests; columns named in the layout (core/ticks.py)', 50.0)
EVENTS = Topic(
    'flywheel/events', _DIAGNOSTICS, Qos(200, latched=True), 'all nodes',
    'one status per event; consumers drop ids they have seen')
METRICS = Topic(
    'flywheel/metrics', _DIAGNOSTICS, Qos(10), 'all nodes',
    'changed metrics at 1 Hz and all of them every 5 s, with the start time of the process', 1.0,
    recorded=False)
JOINT_STATES = Topic(
    'joint_states', 'sensor_msgs/msg/JointState', _SENSOR, 'robot_adapter',
    'measured joints: rad or m, rad/s or m/s', 100.0)
IMU = Topic('imu/data', 'sensor_msgs/msg/Imu', _SENSOR, 'robot_adapter',
            'orientation, rad/s, m/s^2 in the IMU frame', 100.0)
ODOM = Topic('odom', 'nav_msgs/msg/Odometry', _SENSOR, 'robot_adapter',
             'pose in odom, twist in base_link', 50.0)
BATTERY = Topic('battery_state', 'sensor_msgs/msg/BatteryState', _SENSOR, 'robot_adapter',
                'percentage 0..1, NaN where unknown', 1.0)
ESTOP = Topic('emergency_stop', 'std_msgs/msg/Bool', _LATCHED, 'robot_adapter',
              'true: pressed; 2 Hz and on change; silence of 1 s means unknown', 2.0, state=True)
ROBOT_MODE = Topic('robot_mode', 'std_msgs/msg/String', _LATCHED, 'robot_adapter',
                   "the robot's own word for its mode", state=True)
CONTROL_OWNER = Topic('control_owner', 'std_msgs/msg/String', _LATCHED, 'robot_adapter',
                      'flywheel, native (pendant, remote, tablet) or unknown; 2 Hz and on change',
                      2.0, state=True)
DIAGNOSTICS = Topic('/diagnostics', _DIAGNOSTICS, Qos(10), 'robot_adapter',
                    'temperatures and faults', 1.0)
ROSOUT = Topic('/rosout', 'rcl_interfaces/msg/Log', Qos(200), 'all nodes',
               'what every node logs; publishers latch it, and the past is not asked for',
               recorded=False)
CAMERA_RAW = Topic('camera/*/image_raw', 'sensor_msgs/msg/Image', _SENSOR, 'robot_adapter',
                   'camera frame, as the driver gives it', 15.0, recorded=False)
CAMERA = Topic('camera/*/image_raw/compressed', 'sensor_msgs/msg/CompressedImage', _SENSOR,
               'robot_adapter', 'the same frame as JPEG', 15.0)

TOPICS: tuple[Topic, ...] = (
    POLICY_JOINTS, POLICY_BASE, POLICY_CMD_VEL, POLICY_SAMPLES, POLICY_EMBEDDING, POLICY_INFO,
    TELEOP_COMMAND, TELEOP_CMD_VEL, TELEOP_JOINTS, ROBOT_CMD_VEL, ROBOT_JOINTS,
    APPLIED_CMD_VEL, APPLIED_JOINTS,
    CONTROL, VERDICT, TICKS, EVENTS, METRICS,
    JOINT_STATES, IMU, ODOM, BATTERY, ESTOP, ROBOT_MODE, CONTROL_OWNER, DIAGNOSTICS,
    ROSOUT, CAMERA_RAW, CAMERA)

SHADOW = 'shadow/'
_OURS = ('flywheel/', 'policy/', 'teleop/', 'robot/')
TF_STATIC = '/tf_static'
CLOCK = '/clock'


def camera(topic: Topic, name: str) -> Topic:
    """Return a camera topic for the camera of that name."""
    return Topic(topic.name.replace('*', name), topic.type, topic.qos, topic.writer,
                 topic.meaning, topic.rate, topic.recorded)


def absolute(name: str, namespace: str) -> str:
    """Return the full name of a topic for a robot's namespace (with or without slashes)."""
    if name.startswith('/'):
        return name
    return '/'.join(['', *namespace.strip('/').split('/'), name]).replace('//', '/')


def relative(name: str, namespace: str) -> str:
    """Return a full name as our tables know it: relative where it lies in the namespace."""
    head = absolute('', namespace)
    return name[len(head):] if name.startswith(head) else name


def find(name: str) -> Topic | None:
    """Return the table's row for a relative topic name; candidate policies count as policies."""
    if name.startswith(SHADOW):
        name = 'policy/' + name.split('/', 2)[-1]
    return next((t for t in TOPICS if fnmatchcase(name, t.name)), None)


def indispensable(name: str) -> bool:
    """Tell whether a relative name is of a topic that tells who drove, why and how."""
    row = find(name)
    return row is not None and row.recorded and row.name.startswith(_OURS)


def recorded() -> Iterator[Topic]:
    """Yield the topics that belong into each snippet."""
    return (t for t in TOPICS if t.recorded)
