"""Every service of our own by node, name and type; the standard ones of parameters come on top."""

from dataclasses import dataclass

TRIGGER = 'std_srvs/srv/Trigger'
SWITCH = 'std_srvs/srv/SetBool'


@dataclass(frozen=True)
class Service:
    """One service: NODE/NAME within the robot's namespace."""

    node: str
    name: str
    type: str
    meaning: str

    @property
    def path(self) -> str:
        """The name within the robot's namespace."""
        return f'{self.node}/{self.name}'


STOP = Service(
    'control_arbiter', 'stop', TRIGGER,
    'STOPPED at once, whoever drives; a lease that an operator holds ends')
RESUME = Service(
    'control_arbiter', 'resume', TRIGGER,
    'one step towards the policy: from STOPPED to HOLD, from HOLD to POLICY; refused, with the '
    'reason, while something speaks against it')
EPISODE_START = Service(
    'policy_monitor', 'episode_start', TRIGGER,
    'an episode begins; refused while one goes on that was begun here')
EPISODE_END = Service(
    'policy_monitor', 'episode_end', SWITCH,
    'the episode ends: true for success, false for failure')
TRIGGER_SNIPPET = Service(
    'snippet_recorder', 'trigger_snippet', TRIGGER,
    'a snippet of the last moments and those that follow; `flywheel/events` says when it is saved')

ROBOT_STOP = Service(
    'robot_adapter', 'stop', TRIGGER,
    "the robot's own stop, which keeps it standing, on robots that know one; commands are "
    'withheld for a second, after which the arbiter holds until a resume')
ROBOT_CLAIM = Service(
    'robot_adapter', 'claim', TRIGGER,
    'asks the robot for the right to command it; on robots that give one')
ROBOT_RELEASE = Service('robot_adapter', 'release', TRIGGER, 'gives that right back')
ROBOT_ESTOP = Service(
    'robot_adapter', 'estop', SWITCH,
    "true: what estop_action in the robot's file says, and no command until false; false: also "
    'the release of the robot itself, where software may')
ON_SOME_ROBOTS = (ROBOT_STOP, ROBOT_CLAIM, ROBOT_RELEASE, ROBOT_ESTOP)

FAULTS: tuple[Service, ...] = (
    Service('policy', 'fault_nan', SWITCH, 'chunks that are no numbers: alarm `contract`, HOLD'),
    Service('policy', 'fault_jump', SWITCH,
            'chunks that do not join: alarm `seam_base` or `seam_joints`, HOLD'),
    Service('policy', 'fault_stall', SWITCH,
            'the policy gets nowhere: alarm `progress` after 4 s, HOLD'),
    Service('policy', 'fault_frozen', SWITCH,
            'the same chunk again and again: alarm `frozen`, or `tracking`, HOLD'),
    Service('policy', 'fault_late', SWITCH, 'chunks from old observations: alarm `age`, HOLD'),
    Service('sim_robot', 'estop', SWITCH,
            'the emergency stop is pressed: STOPPED, event `estop_pressed`'),
    Service('sim_robot', 'native_takeover', SWITCH,
            "the robot's own remote takes over: HOLD, gate `native`, a snippet"),
    Service('sim_robot', 'joint_overheat', SWITCH,
            'a joint is too hot: event `robot_fault`, metrics of the joint'),
    Service('sim_robot', 'battery_low', SWITCH,
            'the battery is nearly empty: event `robot_fault`, metrics of the battery'),
    Service('sim_robot', 'camera_freeze', SWITCH,
            'the picture stands still; nothing watches cameras yet'),
    Service('sim_robot', 'camera_black', SWITCH,
            'the picture is black; nothing watches cameras yet'),
)

SERVICES: tuple[Service, ...] = (
    STOP, RESUME, EPISODE_START, EPISODE_END, TRIGGER_SNIPPET, *ON_SOME_ROBOTS,
    *FAULTS)
