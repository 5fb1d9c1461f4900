"""Why the robot came to its mode, told so that what is over is not taken for what is so."""

from collections.abc import Mapping
from types import MappingProxyType

from flywheel_nodes.core.control import Gate, Mode
from flywheel_nodes.core.teleop.answers import State

# What held or stopped the robot may be over; where it can be, it is told as what it was.
WAS: Mapping[str, str] = MappingProxyType({
    Gate.NATIVE: 'somebody drove with a pendant or remote',
    Gate.COMPETING: 'somebody else published to the robot',
    Gate.ROBOT_SILENT: 'the robot was not heard',
    Gate.ESTOP: "the robot's emergency stop was pressed",
    Gate.ESTOP_UNKNOWN: "the robot's emergency stop was not heard",
    Gate.OWNER_UNKNOWN: 'the robot did not take commands, or did not tell whether it did',
    Gate.MONITOR: 'the monitor alarmed',
    Gate.MONITOR_SILENT: 'the monitor was not heard',
    Gate.PAUSED: 'the arbiter itself had stood still for a while',
})
_HELD = (Mode.HOLD, Mode.STOPPED)


def why(view: State) -> str:
    """Return why the robot came to its mode, which need not be so any more."""
    reason = view.reason
    if view.mode in _HELD and view.gate in WAS:
        alarms = reason.partition(': ')[2] if view.gate == Gate.MONITOR else ''
        reason = WAS[view.gate] + (f': {alarms}' if alarms else '')
    return f'why: {reason}' if reason else ''
