"""
Spot behind spot_ros2: it walks for whoever holds the lease of its body, 0.125 s for each command.

The driver tells speeds in the odometry frame and charges as 0..100. A lease, motor power and a
released stop are needed for every step; each is asked for by people, never by itself.
"""

from collections.abc import Iterator
import math
from typing import Any

from flywheel_nodes.adapters import health, rotation, standard
from flywheel_nodes.adapters.base import Adapter, Ask, Command, NAME, Route, Status, View
from flywheel_nodes.core import topics
from flywheel_nodes.core.robot import Robot
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.core.watching.robot_watch import Owner

OPTIONS = {'client': NAME}
PACKAGES = {'spot_msgs': "build spot_ros2 from source and source its workspace's setup file"}
TRIGGER = 'std_srvs/srv/Trigger'
COMMAND_HZ = 20.0
STATE_HZ = 50.0
JOINTS_HZ = 50.0
SILENT_S = 1.0
LEASE_SILENT_S = 3.0
BODY = 'body'


def _status(name: str, type_: str, meaning: str, rate: float) -> Topic:
    return Topic(f'status/{name}', f'spot_msgs/msg/{type_}', Qos(), 'the robot', meaning, rate,
                 recorded=False)


JOINT_STATES = standard.native('joint_states', topics.JOINT_STATES, 'legs, and the arm if any',
                               rate=STATE_HZ)
ODOM = standard.native('odometry', topics.ODOM, 'pose and speed, both in the odometry frame')
BATTERIES = _status('battery_states', 'BatteryStateArray', 'the battery', STATE_HZ)
ESTOPS = _status('estop', 'EStopStateArray', 'every emergency stop there is', STATE_HZ)
POWER = _status('power_states', 'PowerState', 'motors and shore power', STATE_HZ)
LEASES = _status('leases', 'LeaseArray', 'who may command what', 1.0)
CMD_VEL = Topic('cmd_vel', standard.TWIST, Qos(), 'robot_adapter', 'speed of the body',
                recorded=False)

STOPPED, RELEASED = 1, 2
MOTORS = {0: 'unknown', 1: 'off', 2: 'on', 3: 'powering on', 4: 'powering off', 5: 'in error'}
MISSING, CHARGING, DISCHARGING = 1, 2, 3
# From spot_msgs to sensor_msgs, which has no word for the others.
SUPPLY = {CHARGING: 1, DISCHARGING: 2}
ON_SHORE_POWER = 1
LION = 2


# --- what it tells -------------------------------------------------------------------------------

def pressed(view: View) -> list[str]:
    """Return the names of the emergency stops that are pressed."""
    said = view.last(ESTOPS, SILENT_S)
    return [one.name for one in said.estop_states if one.state == STOPPED] if said else []


def _estop(view: View) -> Any:
    said = view.last(ESTOPS, SILENT_S)
    if pressed(view):
        return True
    states = [one.state for one in said.estop_states] if said else []
    return False if states and all(state == RELEASED for state in states) else None


def motors(view: View) -> str:
    """Return whether the motors have power, in the robot's words, '' where it is not told."""
    said = view.last(POWER, SILENT_S)
    return MOTORS.get(said.motor_power_state, 'unknown') if said else ''


def holder(view: View) -> str | None:
    """Return which client holds the lease of the body, '' for nobody, None where unknown."""
    said = view.last(LEASES, LEASE_SILENT_S)
    if said is None:
        return None
    return next((one.lease_owner.client_name for one in said.resources if one.resource == BODY),
                '')


def _is_drivers(client: str, view: View) -> bool:
    # A client's name goes on with machine and process.
    return client.startswith(view.robot.options.get('client', 'ros_spot'))


def _owner(view: View) -> Any:
    client = holder(view)
    if not client:
        return None
    return Owner.FLYWHEEL if _is_drivers(client, view) else Owner.NATIVE


def _mode(view: View) -> Any:
    if not (word := motors(view)):
        return None
    words = [f'motors {word}', *(f'stopped by {name}' for name in pressed(view))]
    client = holder(view)
    if client == '':
        words.append('lease free')
    elif client and not _is_drivers(client, view):
        words.append(f'lease held by {client}')
    return ', '.join(words)


def _odom(message: Any, view: View) -> Any:
    turned = message.pose.pose.orientation
    attitude = rotation.upright((turned.w, turned.x, turned.y, turned.z))
    if attitude is None:
        return None
    for part in (message.twist.twist.linear, message.twist.twist.angular):
        part.x, part.y, part.z = rotation.into_body(attitude, (part.x, part.y, part.z))
    return message


def _battery(message: Any, view: View) -> Any:
    if not message.battery_states:
        return None
    told = message.battery_states[0]
    made = view.make(topics.BATTERY.type)()
    if told.header.stamp.sec:
        made.header.stamp = told.header.stamp
    else:
        standard.stamp(made, view)
    made.present = told.status != MISSING
    made.percentage = charge(told)
    made.voltage, made.current = _number(told.voltage), _number(told.current)
    made.temperature = max(_temperatures(told), default=math.nan)
    made.cell_temperature = _temperatures(told)
    made.charge = made.capacity = made.design_capacity = math.nan
    made.power_supply_status = SUPPLY.get(told.status, 0)
    made.power_supply_technology = LION
    made.serial_number = told.identifier
    return made


def charge(told: Any) -> float:
    """Return the charge of a battery, 0..1, or NaN: while it boots, 0 means nothing."""
    share = told.charge_percentage / 100.0
    return share if told.status in (CHARGING, DISCHARGING) and 0.0 <= share <= 1.0 else math.nan


def _number(value: float) -> float:
    return value if math.isfinite(value) and abs(value) < 1e30 else math.nan


def _temperatures(told: Any) -> list[float]:
    return [float(one) for one in told.temperatures if math.isfinite(_number(one))]


def _health(message: Any, view: View) -> Any:
    return health.diagnostics(_statuses(message, view), view)


def _statuses(message: Any, view: View) -> Iterator[Any]:
    for number, told in enumerate(message.battery_states):
        hot = max(_temperatures(told), default=math.nan)
        yield health.status(view, f'battery {number}' if number else 'battery', (
            ('temperature_celsius', f'{hot:.1f}'), ('charge', f'{charge(told):.3f}'),
            ('identifier', told.identifier)))
    if power := view.last(POWER, SILENT_S):
        word = motors(view)
        shore = power.shore_power_state == ON_SHORE_POWER
        yield health.status(view, 'motors', (('power', word), ('on_shore_power', str(shore))),
                            '' if word in ('on', 'off') else word)
    if said := view.last(ESTOPS, SILENT_S):
        for one in said.estop_states:
            yield health.status(view, one.name, (('state', str(one.state)),),
                                'pressed' if one.state == STOPPED else '')


# --- what it is told -----------------------------------------------------------------------------

def refusal(view: View) -> str:
    """Return why Spot must not be commanded now, with the remedy; '' when nothing is wrong."""
    client = holder(view)
    if unknown := _unknown(view):
        return (f'spot_ros2 does not tell {", ".join(unknown)}: start its driver with all its '
                'nodes')
    if names := pressed(view):
        return f'stopped by {", ".join(names)}: release it there'
    if not client:
        return 'nobody holds the lease of its body: call robot_adapter/claim'
    if not _is_drivers(client, view):
        return (f'{client} holds the lease of its body: have it given back, then call '
                'robot_adapter/claim')
    if motors(view) != 'on':
        return f'motors {motors(view)}: call power_on and stand of spot_ros2'
    return ''


def _unknown(view: View) -> list[str]:
    told = {LEASES: holder(view), POWER: motors(view) or None, ESTOPS: _estop(view)}
    return [topic.name for topic, value in told.items() if value is None]


def _ask(service: str) -> Ask:
    return Ask(service, service, TRIGGER)


ABSENT = {topics.IMU: 'its driver tells no inertial unit'}


def adapter(robot: Robot) -> Adapter:
    """Return the tables of a Spot."""
    return Adapter(
        name='spot',
        inputs=(
            Route(JOINT_STATES, topics.JOINT_STATES, rate=JOINTS_HZ),
            Route(ODOM, topics.ODOM, _odom, rate=STATE_HZ),
            Route(BATTERIES, topics.BATTERY, _battery, rate=1.0),
            Route(BATTERIES, topics.DIAGNOSTICS, _health, rate=1.0),
        ),
        states=(
            Status(topics.ESTOP, (ESTOPS,), _estop),
            Status(topics.CONTROL_OWNER, (LEASES,), _owner),
            Status(topics.ROBOT_MODE, (POWER, ESTOPS, LEASES), _mode),
        ),
        commands=(Command(topics.ROBOT_CMD_VEL, CMD_VEL, standard.twist, standard.no_twist,
                          COMMAND_HZ),),
        needs={JOINT_STATES: 0.5, ODOM: 0.5},
        refusal=refusal,
        requests={'stop': (_ask('stop'),), 'claim': (_ask('claim'),),
                  'release': (_ask('release'),)},
        estops={'stop': (_ask('stop'),), 'gentle': (_ask('estop/gentle'),),
                'hard': (_ask('estop/hard'),)},
        estop_release=(_ask('estop/release'),),
        absent=ABSENT,
        packages=PACKAGES)
