"""What becomes of a robot's own state: faults with hysteresis, emergency stop, control owner."""

import math

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.words import Word

CHARGE_MARGIN = 0.05
CELSIUS_MARGIN = 5.0


class Fault(Word):
    """The faults we tell apart; a metric label."""

    BATTERY_LOW = 'battery_low'
    JOINT_OVER_TEMPERATURE = 'joint_over_temperature'


class Owner(Word):
    """Who the robot listens to; the content of control_owner."""

    FLYWHEEL = 'flywheel'
    NATIVE = 'native'
    UNKNOWN = 'unknown'


class RobotWatch:
    """The newest state of one robot; each method returns what changed with a new report."""

    def __init__(self, battery_low: float, temperature_high: float) -> None:
        """
        Begin without faults.

        :param battery_low: charge from which on the battery is low, 0..1
        :param temperature_high: temperature from which on a joint is too hot, in degrees Celsius
        """
        self._battery_low = battery_low
        self._temperature_high = temperature_high
        self._faults: set[tuple[Fault, str]] = set()
        self.pressed = False
        self.native = False

    def battery(self, charge: float, now_ns: int) -> list[Event]:
        """Take the charge, 0..1 or NaN for unknown."""
        excess = self._battery_low - charge
        return self._fault(Fault.BATTERY_LOW, 'battery', excess, CHARGE_MARGIN,
                           f'{charge:.0%}', now_ns)

    def temperature(self, joint: str, celsius: float, now_ns: int) -> list[Event]:
        """Take the temperature of a joint, NaN for unknown."""
        excess = celsius - self._temperature_high
        return self._fault(Fault.JOINT_OVER_TEMPERATURE, joint, excess, CELSIUS_MARGIN,
                           f'{celsius:.1f} degC', now_ns)

    def _fault(self, fault: Fault, component: str, excess: float, margin: float, value: str,
               now_ns: int) -> list[Event]:
        if math.isnan(excess):
            return []
        key, known = (fault, component), (fault, component) in self._faults
        values = {'fault': fault, 'component': component, 'value': value}
        if not known and excess >= 0.0:
            self._faults.add(key)
            return [Event(EventName.ROBOT_FAULT, f'{component}: {fault} at {value}', now_ns,
                          {k: str(v) for k, v in values.items()})]
        if known and excess < -margin:
            self._faults.remove(key)
            return [Event(EventName.ROBOT_FAULT_CLEARED, f'{component}: {value} again', now_ns,
                          {k: str(v) for k, v in values.items()})]
        return []

    def estop(self, pressed: bool, now_ns: int) -> list[Event]:
        """Take the state of the emergency stop."""
        before, self.pressed = self.pressed, pressed
        if before == pressed:
            return []
        if pressed:
            return [Event(EventName.ESTOP_PRESSED, 'the emergency stop is pressed', now_ns)]
        return [Event(EventName.ESTOP_RELEASED, 'the emergency stop is released', now_ns)]

    def owner(self, owner: str, now_ns: int) -> list[Event]:
        """Take who the robot listens to; while that is unknown the last one counts."""
        if owner == Owner.UNKNOWN:
            return []
        before, self.native = self.native, owner == Owner.NATIVE
        if before == self.native:
            return []
        if self.native:
            return [Event(EventName.NATIVE_TAKEOVER, 'somebody drives past this stack', now_ns,
                          {'owner': owner})]
        return [Event(EventName.NATIVE_RELEASED, 'the robot takes our commands again', now_ns)]
