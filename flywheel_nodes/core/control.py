"""Who drives, and why: what control_arbiter reports and what policy_monitor thinks."""

from dataclasses import dataclass

from flywheel_nodes.core.events import Phase
from flywheel_nodes.core.words import Word


class Mode(Word):
    """Who drives the robot; the order gives the code in flywheel/ticks."""

    POLICY = 'policy'
    HOLD = 'hold'
    HUMAN = 'human'
    STOPPED = 'stopped'


class Gate(Word):
    """What keeps the policy, or the human, from driving; the order gives the tick's code."""

    NONE = 'none'
    STARTING = 'starting'
    RESTARTED = 'restarted'
    HUMAN = 'human'
    MONITOR = 'monitor'
    MONITOR_SILENT = 'monitor_silent'
    ROBOT_SILENT = 'robot_silent'
    ESTOP = 'estop'
    ESTOP_UNKNOWN = 'estop_unknown'
    NATIVE = 'native'
    COMPETING = 'competing'
    DEADMAN = 'deadman'
    COMMAND_LATE = 'command_late'
    NEUTRAL_NEEDED = 'neutral_needed'
    STOP = 'stop'
    PAUSED = 'paused'
    VIDEO_LATE = 'video_late'
    NO_VIDEO = 'no_video'
    DIRECT_SIGHT = 'direct_sight'
    OWNER_UNKNOWN = 'owner_unknown'


def code(word: Mode | Gate | Phase) -> int:
    """Return the number that stands for a word in flywheel/ticks."""
    return list(type(word)).index(word)


@dataclass(frozen=True)
class Control:
    """The content of flywheel/control."""

    mode: Mode
    gate: Gate
    reason: str
    phase: Phase = Phase.NONE
    operator: str = ''
    intervention: str = ''
    epoch: int = 0


@dataclass(frozen=True)
class Verdict:
    """The content of flywheel/verdict: policy_monitor's leave to let the policy drive."""

    ok: bool
    alarms: tuple[str, ...] = ()
    policy: str = ''


class Request(Word):
    """What the lease holder, or for stop anybody, asks of the arbiter."""

    IDLE = 'idle'
    DRIVE = 'drive'
    RELEASE = 'release'
    STOP = 'stop'
    RESUME = 'resume'


class Sight(Word):
    """How a human sees the robot, as declared with the claim: by camera, or with own eyes."""

    VIDEO = 'video'
    DIRECT = 'direct'


@dataclass(frozen=True)
class TeleopCommand:
    """
    The content of teleop/command: a command together with the authority behind it.

    axes: share of each axis' limit in -1..1 by axis name; joints: absolute positions in rad or m
    by joint name; t_client_ns: the client's own clock, only ever compared with itself; frame: the
    capture id of the newest camera frame the operator has displayed, '' without one; seen_ns: when
    that frame was captured on the robot's monotonic clock, 0 without one; sight: of a whole lease.
    """

    request: Request
    operator: str = ''
    lease: str = ''
    epoch: int = 0
    seq: int = 0
    deadman: bool = False
    t_client_ns: int = 0
    obs_id: str = ''
    frame: str = ''
    axes: tuple[tuple[str, float], ...] = ()
    joints: tuple[tuple[str, float], ...] = ()
    phase: Phase = Phase.CORRECTION
    reason: str = ''
    outcome: str = ''
    note: str = ''
    seen_ns: int = 0
    sight: Sight = Sight.VIDEO


@dataclass(frozen=True)
class PolicyInfo:
    """The content of policy/info, latched."""

    name: str
    version: str = ''
    checkpoint: str = ''
    action_space: str = ''
    task: str = ''
    instruction: str = ''
