"""
A Spot behind its driver that is not there: lease, power, emergency stops, 0.125 s for a command.

A fault switched off means that people put everything right again: released, claimed, standing.
"""

from collections.abc import Callable
from functools import partial
import math
from typing import Any

from flywheel_nodes.adapters import spot as native
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.effects import clocks
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.nodes.messages import to_time
from flywheel_nodes.sim.fakes.drivers import Driver
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.readings import Readings

VALID_NS = SECOND // 8
SETTLE_NS = SECOND
STATUS_HZ = 20.0
OURS, TABLET = 'ros_spot-host:spot_ros2-4711', 'spot-tablet'
HARD, SOFT = 'hardware_estop', 'software_estop'
OFF, ON, POWERING_OFF = 1, 2, 4
WARM, HOT = 34.0, 71.0
LEGS, PARTS = (('front_left', 'front_right', 'rear_left', 'rear_right'),
               ('hip_x', 'hip_y', 'knee'))
JOINTS = tuple(f'{leg}_{part}' for leg in LEGS for part in PARTS)
STANDING, SITTING = (0.0, 0.78, -1.56), (0.0, 1.42, -2.75)


class Fake:
    """One Spot."""

    def __init__(self, kit: Kit) -> None:
        """Have it stand, its lease claimed by the driver, as auto_claim and auto_stand do."""
        self._kit = kit
        self._driver = Driver(kit)
        self._readings = Readings(kit.robot, kit.world)
        self._until_ns = 0
        self._cut_ns: int | None = None
        self._celsius = WARM
        self.well()
        self._speak()
        self._driver.obey(native.CMD_VEL, self._walk)
        for name, act in {'claim': self._claim, 'release': self._release, 'stop': self._halt,
                          'sit': self._sit, 'stand': self._stand, 'power_on': self._power_on,
                          'power_off': self._power_off, 'estop/gentle': self._settle,
                          'estop/hard': self._cut, 'estop/release': self._let_go}.items():
            kit.serve(native.TRIGGER, name, partial(self._answer, act))
        self.faults = {**self._driver.faults, 'estop': self._fault(self._press),
                       'native_takeover': self._fault(self._take_over),
                       'lease_lost': self._fault(self._lose_lease),
                       'motors_off': self._fault(self._drop), 'battery_hot': self._heat}

    def well(self) -> None:
        """Release every stop, claim the lease, switch the motors on and stand."""
        self.holder, self.power, self.standing = OURS, ON, True
        self.pressed = {HARD: False, SOFT: False}
        self._cut_ns = None
        self._kit.world.estop = self._kit.world.native = False

    # --- what it says ---------------------------------------------------------------------------

    def _speak(self) -> None:
        tell = self._driver.tell
        tell(native.JOINT_STATES, native.STATE_HZ, self._joints)
        tell(native.ODOM, native.STATE_HZ, self._odom)
        tell(native.BATTERIES, STATUS_HZ, self._batteries)
        tell(native.ESTOPS, STATUS_HZ, self._estops)
        tell(native.POWER, STATUS_HZ, self._power)
        tell(native.LEASES, 1.0, self._leases)

    def _make(self, type_: str, wall_ns: int, **fields: Any) -> Any:
        made = self._kit.make(f'spot_msgs/msg/{type_}')(**fields)
        made.header.stamp = to_time(wall_ns)
        return made

    def _joints(self, wall_ns: int) -> Any:
        pose = [*(STANDING if self.standing else SITTING)] * len(LEGS)
        none = [0.0] * len(JOINTS)
        made = self._kit.make(native.JOINT_STATES.type)(
            name=list(JOINTS), position=pose, velocity=none, effort=none)
        made.header.stamp = to_time(wall_ns)
        return made

    def _odom(self, wall_ns: int) -> Any:
        """Return pose and speed, both in the odometry frame as the driver tells them."""
        world, made = self._kit.world, self._readings.odom(wall_ns)
        made.child_frame_id = 'body'
        cos, sin = math.cos(world.theta), math.sin(world.theta)
        linear = made.twist.twist.linear
        linear.x, linear.y = world.vx * cos - world.vy * sin, world.vx * sin + world.vy * cos
        return made

    def _batteries(self, wall_ns: int) -> Any:
        one = self._make('BatteryState', wall_ns, identifier='B-4711', status=native.DISCHARGING,
                         charge_percentage=100.0 * self._driver.charge, voltage=52.0,
                         current=-6.5, temperatures=[self._celsius - 1.0, self._celsius])
        return self._kit.make(native.BATTERIES.type)(battery_states=[one])

    def _estops(self, wall_ns: int) -> Any:
        states = [self._make('EStopState', wall_ns, name=name, type=1 if name == HARD else 2,
                             state=native.STOPPED if pressed else native.RELEASED)
                  for name, pressed in self.pressed.items()]
        return self._kit.make(native.ESTOPS.type)(estop_states=states)

    def _power(self, wall_ns: int) -> Any:
        return self._make('PowerState', wall_ns, motor_power_state=self.power, shore_power_state=2,
                          locomotion_charge_percentage=100.0 * self._driver.charge)

    def _leases(self, wall_ns: int) -> Any:
        resource = self._kit.make('spot_msgs/msg/LeaseResource')(resource=native.BODY)
        resource.lease_owner.client_name = self.holder
        return self._kit.make(native.LEASES.type)(resources=[resource])

    # --- faults ---------------------------------------------------------------------------------

    def _fault(self, begin: Callable[[], Any]) -> Callable[[bool], None]:
        def switch(on: bool) -> None:
            begin() if on else self.well()
        return switch

    def _press(self) -> None:
        self.pressed[HARD] = True
        self._drop()

    def _take_over(self) -> None:
        self.holder = TABLET
        self._kit.world.native = True

    def _lose_lease(self) -> None:
        self.holder = ''

    def _drop(self) -> None:
        self.power, self.standing, self._cut_ns = OFF, False, None
        self._kit.world.estop = True

    def _heat(self, on: bool) -> None:
        self._celsius = HOT if on else WARM

    # --- the driver's rules ---------------------------------------------------------------------

    def _answer(self, act: Callable[[], str], request: Any, answer: Any) -> None:
        answer.message = act()
        answer.success = not answer.message

    def _claim(self) -> str:
        if self.holder not in ('', OURS):
            return f'ResourceAlreadyClaimedError: {self.holder}'
        self.holder = OURS
        return ''

    def _release(self) -> str:
        self.holder = '' if self.holder == OURS else self.holder
        return ''

    def _refused(self) -> str:
        if self.holder != OURS:
            return 'LeaseUseError: no lease'
        stopped = [name for name, pressed in self.pressed.items() if pressed]
        return f'estopped: {", ".join(stopped)}' if stopped else ''

    def _power_on(self) -> str:
        if refused := self._refused():
            return refused
        self.power = ON
        return ''

    def _stand(self) -> str:
        refused = self._refused() or ('' if self.power == ON else 'motors are not powered')
        if not refused:
            self.standing, self._kit.world.estop = True, False
        return refused

    def _sit(self) -> str:
        refused = self._refused()
        if not refused:
            self.standing, self._kit.world.estop = False, True
        return refused

    def _power_off(self) -> str:
        refused = self._refused()
        if not refused:
            self._drop()
        return refused

    def _halt(self) -> str:
        self._until_ns = 0
        return self._refused()

    def _settle(self) -> str:
        self.pressed[SOFT], self.standing, self.power = True, False, POWERING_OFF
        self._kit.world.estop = True
        self._cut_ns = clocks.now().mono + SETTLE_NS
        return ''

    def _cut(self) -> str:
        self.pressed[SOFT] = True
        self._drop()
        return ''

    def _let_go(self) -> str:
        self.pressed[SOFT] = False
        return ''

    def _walk(self, message: Any, arrival: Arrival) -> None:
        speeds = message.linear.x, message.linear.y, message.angular.z
        if not all(map(math.isfinite, speeds)):
            raise WireError(f'speeds {speeds} are not finite')
        if not self._refused() and self.power == ON and self.standing:
            self._until_ns = arrival.mono_ns + VALID_NS
            vx, vy, wz = speeds
            self._kit.world.drive(vx, wz, arrival.mono_ns, vy)

    def step(self, now: Now) -> None:
        """Stand still when the last command is over; cut the motors once it sits."""
        if now.mono > self._until_ns:
            self._kit.world.drive(0.0, 0.0, now.mono)
        if self._cut_ns is not None and now.mono >= self._cut_ns:
            self._drop()
