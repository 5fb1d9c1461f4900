"""The robot's state in one line, first what an operator must see on a narrow terminal."""

from collections.abc import Mapping
from types import MappingProxyType

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.teleop.view import View

# What held or stopped the robot may be over; where it can be, it is told as what it was.
WAS: Mapping[str, str] = MappingProxyType({
    Gate.NATIVE: 'somebody drove with a pendant or remote',
    Gate.COMPETING: 'somebody else published to the robot',
    Gate.ROBOT_SILENT: 'the robot was not heard',
    Gate.ESTOP: "the robot's emergency stop was pressed",
    Gate.ESTOP_UNKNOWN: "the robot's emergency stop was not heard",
    Gate.MONITOR: 'the monitor alarmed',
    Gate.MONITOR_SILENT: 'the monitor was not heard',
    Gate.PAUSED: 'the arbiter itself had stood still for a while',
})
_HELD = (Mode.HOLD, Mode.STOPPED)


def status(view: View, phase: str, round_trip_s: float | None) -> str:
    """
    Return what is so now, and last, because it may be cut, why it came to this mode.

    :param phase: marked by the operator who holds the lease here, '' without one
    :param round_trip_s: to the relay and back, None until it was measured
    """
    lease = f'lease {"yours" if phase else view.holder or "free"}'
    gate = view.gate if view.mode == Mode.HUMAN and view.gate != Gate.NONE else ''
    trip = '' if round_trip_s is None else f'{1000 * round_trip_s:.0f} ms'
    parts = (view.mode.upper(), lease, phase, gate, _monitor(view), _speed(view), trip, why(view))
    return ' · '.join(part for part in parts if part)


def why(view: View) -> str:
    """Return why the robot came to its mode, which need not be so any more."""
    reason = view.reason
    if view.mode in _HELD and view.gate in WAS:
        alarms = reason.partition(': ')[2] if view.gate == Gate.MONITOR else ''
        reason = WAS[view.gate] + (f': {alarms}' if alarms else '')
    return f'why: {reason}' if reason else ''


def _monitor(view: View) -> str:
    return f'monitor {view.monitor}' + (f': {", ".join(view.alarms)}' if view.alarms else '')


def _speed(view: View) -> str:
    return '? m/s' if view.vx is None else f'{view.vx:+.2f} m/s {view.wz or 0.0:+.2f} rad/s'
