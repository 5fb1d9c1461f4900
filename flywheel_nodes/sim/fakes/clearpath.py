"""A Clearpath platform that is not there: twist_mux, wheel controller, controller board."""

from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import Bool

from flywheel_nodes.adapters import clearpath as native
from flywheel_nodes.adapters.standard import TWIST, TWIST_STAMPED
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.wire import Status
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_array, to_time
from flywheel_nodes.sim.fakes.drivers import Driver, speeds
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.fakes.wheels import Gear, LEFT, RIGHT, Wheels
from flywheel_nodes.sim.readings import Readings

MUX_NS = SECOND // 2
JOYSTICK_TURN = 0.3
# A Jackal's; a Husky's turn more slowly.
GEAR = Gear({'front_left_wheel_joint': LEFT, 'rear_left_wheel_joint': LEFT,
             'front_right_wheel_joint': RIGHT, 'rear_right_wheel_joint': RIGHT},
            radius=0.098, separation=0.376)


class Mux:
    """The inputs of twist_mux by rank: each keeps those below it out for 0.5 s."""

    def __init__(self) -> None:
        """Begin with no input heard."""
        self._heard_ns: dict[int, int] = {}

    def lets(self, rank: int, now_ns: int) -> bool:
        """Take note of a message of an input, 0 the strongest; return whether it passes."""
        self._heard_ns[rank] = now_ns
        return not any(other < rank and now_ns - heard_ns <= MUX_NS
                       for other, heard_ns in self._heard_ns.items())


class Fake:
    """One platform."""

    def __init__(self, kit: Kit) -> None:
        """Switch it on, its stop released."""
        self._kit = kit
        self._plain = native.plain(kit.robot)
        self._mux = Mux()
        self._joystick = False
        self._driver = Driver(kit)
        self._wheels = Wheels(kit.world, GEAR)
        self._tell()
        inputs = (*native.natives(kit.robot), native.command(kit.robot))
        for rank, topic in enumerate(inputs):
            self._driver.obey(topic, partial(self._drive, rank))
        self.faults = {**self._driver.faults, 'estop': self._press,
                       'native_takeover': self._take_over}

    def _tell(self) -> None:
        driver, readings = self._driver, Readings(self._kit.robot, self._kit.world)
        driver.tell(native.JOINT_STATES, 50.0, self._wheels.read)
        driver.tell(native.IMU, 100.0, readings.imu)
        for topic in native.ODOM.values():
            driver.tell(topic, 50.0, readings.odom)
        driver.tell(native.BATTERY, 1.0, lambda wall: readings.battery(wall, driver.charge))
        driver.tell(native.ESTOP, 2.0, lambda _: Bool(data=self._kit.world.estop))
        driver.tell(native.DIAGNOSTICS, 1.0, self._mux_status)
        joystick = native.natives(self._kit.robot)[1]
        self._kit.sensor(joystick, 20.0, self._hold_joystick)

    def _mux_status(self, wall_ns: int) -> DiagnosticArray:
        lock = 'emergency stop' if self._kit.world.estop else 'free'
        return to_array([Status('twist_mux', (), message=f'locks: {lock}')], wall_ns)

    # --- faults ---------------------------------------------------------------------------------

    def _press(self, on: bool) -> None:
        self._kit.world.estop = on

    def _take_over(self, on: bool) -> None:
        self._joystick = on

    def _hold_joystick(self, now: Now) -> Any:
        if not self._joystick:
            return None
        message = self._kit.make(TWIST if self._plain else TWIST_STAMPED)()
        twist = message if self._plain else message.twist
        twist.angular.z = JOYSTICK_TURN
        if not self._plain:
            message.header.stamp = to_time(now.wall)
        return message

    # --- the driver's rules ---------------------------------------------------------------------

    def _drive(self, rank: int, message: Any, arrival: Arrival) -> None:
        passes = self._mux.lets(rank, arrival.mono_ns)
        vx, wz = speeds(message, arrival)
        if passes:
            self._kit.world.drive(vx, wz, arrival.mono_ns)

    def step(self, now: Now) -> None:
        """Let the wheels turn."""
        self._wheels.step(now.mono)
