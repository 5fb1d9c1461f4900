"""What a robot is: axes with limits, cameras, rates; read from config/robots/NAME.yaml."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from flywheel_nodes.core.config import OnRobotsBus
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import param, Spec


@dataclass(frozen=True)
class BaseAxis:
    """One direction in which the base can be driven at a velocity."""

    name: str = param(doc='direction in the body frame', choices=('vx', 'vy', 'wz'))
    velocity: float = param(doc='largest speed', unit='m/s or rad/s', low=0.001, high=20.0)
    acceleration: float = param(
        doc='largest change of speed when nothing is wrong', unit='1/s^2', low=0.01, high=100.0)
    stop_deceleration: float = param(
        doc='change of speed when stopping; overrides comfort', unit='1/s^2', low=0.01,
        high=200.0)
    jerk: float = param(
        20.0, 'largest change of acceleration when nothing is wrong', unit='m/s^3 or rad/s^3',
        low=0.1, high=10_000.0)


@dataclass(frozen=True)
class Joint:
    """One joint that is driven to a position."""

    name: str = param(doc="name as in the robot's URDF")
    lower: float = param(doc='lowest position', unit='rad or m', low=-1000.0, high=1000.0)
    upper: float = param(doc='highest position', unit='rad or m', low=-1000.0, high=1000.0)
    velocity: float = param(doc='largest speed', unit='1/s', low=0.001, high=50.0)
    acceleration: float = param(doc='largest acceleration', unit='1/s^2', low=0.01, high=500.0)
    stop_deceleration: float = param(doc='deceleration when stopping', unit='1/s^2', low=0.01,
                                     high=1000.0)
    jerk: float = param(
        500.0, 'largest change of acceleration when nothing is wrong', unit='rad/s^3 or m/s^3',
        low=0.1, high=10_000.0)


@dataclass(frozen=True)
class Native:
    """Where the robot's own topics are: how it is connected, beside our loopback."""

    domain: int = param(-1, "ROS_DOMAIN_ID of the robot's own bus; -1: our own domain", low=-1,
                        high=232)
    namespace: str = param('', "put before the robot's own topics; empty: our namespace; /: none")
    discovery: str = param(
        'subnet', "where the robot's bus is looked for; within our own domain as everywhere",
        choices=('localhost', 'subnet', 'system_default'))
    dds_profile: str = param('', 'a file of config/dds without which this robot is not spoken to')
    network: str = param('', "the robot's own network, such as 192.168.123.0/24; empty: any")

    def __post_init__(self) -> None:
        """Refuse a network that is none."""
        try:
            IPv4Network(self.network or '0.0.0.0/0')
        except ValueError:
            raise ConfigError(f'native: network: {self.network!r} is none: give it as '
                              '192.168.123.0/24') from None


@dataclass(frozen=True)
class Means:
    """What our words mean on this machine, for people."""

    hold: str = param('', 'what HOLD does here')
    stop: str = param('', 'what a stop does here')
    estop: str = param('', 'what the emergency stop does here')


@dataclass(frozen=True)
class Robot:
    """The robot's YAML file."""

    robot: str = param(doc='name of this file')
    adapter: str = param(doc='module in flywheel_nodes/adapters')
    model: str = param(doc='vendor and model, a metric label')
    embodiment: str = param(doc='mobile_base, arm, mobile_manipulator, quadruped, humanoid')
    base: tuple[BaseAxis, ...] = param((), 'axes of the base')
    joints: tuple[Joint, ...] = param((), 'joints driven by the policy, in its order')
    cameras: tuple[str, ...] = param((), 'names in camera/NAME/...')
    rates: dict[str, float] = field(default_factory=dict, metadata={'spec': Spec(
        'nominal rates of its topics', unit='Hz', low=0.001, high=10_000.0)})
    serial: str = param('', 'serial number')
    stop_bound: float = param(0.5, 'the robot is at rest this long after a loss', unit='s',
                              low=0.05, high=10.0)
    stop_bound_reason: str = param('', 'why stop_bound is longer than 0.5 s')
    has_estop: bool = param(True, 'the robot reports its emergency stop')
    options: dict[str, str] = field(default_factory=dict, metadata={'spec': Spec(
        'variants of this kind of robot, see its page in docs/robots')})
    native: Native = param(Native(), "where the robot's own topics are")
    means: Means = param(Means(), 'what our words mean on this machine')
    estop_action: str = param('stop', 'what the service robot_adapter/estop makes the robot do')

    def __post_init__(self) -> None:
        """Refuse what the fields alone cannot tell."""
        for joint in self.joints:
            if joint.lower >= joint.upper:
                raise ConfigError(f'{self.robot}: {joint.name}: lower is not below upper')
        names = self.axes
        if len(set(names)) < len(names):
            raise ConfigError(f'{self.robot}: an axis is named twice: {", ".join(names)}')
        if self.stop_bound > 0.5 and not self.stop_bound_reason:
            raise ConfigError(f'{self.robot}: stop_bound is longer than 0.5 s: say why in '
                              'stop_bound_reason')

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of all axes: the base's, then the joints'."""
        return tuple(a.name for a in self.base) + tuple(j.name for j in self.joints)


def native_of(native: Native, config: OnRobotsBus) -> Native:
    """Return where the robot's own topics are: as parameters say, else as its file does."""
    return replace(
        native, domain=config.native_domain if config.native_domain >= 0 else native.domain,
        namespace=config.native_namespace or native.namespace,
        discovery=config.native_discovery or native.discovery)


def check_stop_bound(robot: Robot, detection_s: float) -> None:
    """
    Refuse limits with which a stop takes longer than the robot's bound.

    :param detection_s: longest time from a loss to the first decelerating command, in s
    """
    axes: tuple[BaseAxis | Joint, ...] = (*robot.base, *robot.joints)
    for axis in axes:
        took = detection_s + axis.velocity / axis.stop_deceleration
        if took > robot.stop_bound:
            raise ConfigError(
                f'{robot.robot}: {axis.name} stops after {took:.2f} s (detection '
                f'{detection_s:.2f} s + velocity / stop_deceleration), the bound is '
                f"{robot.stop_bound:g} s: in the robot's file raise its stop_deceleration, lower "
                'its velocity, or set a longer stop_bound with a stop_bound_reason; or lower '
                "control_arbiter's time-outs")
