"""What keeps everybody, or the policy alone, from driving: told by inputs and by their silence."""

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Gate, Verdict
from flywheel_nodes.core.watching.robot_watch import Owner
from flywheel_nodes.core.words import word

NEVER = -(1 << 62)

SAYS = {
    Gate.NATIVE: 'somebody drives with a pendant or remote',
    Gate.COMPETING: 'somebody else publishes to the robot',
    Gate.ROBOT_SILENT: 'the robot is not heard',
    Gate.ESTOP: "the robot's emergency stop is pressed",
    Gate.ESTOP_UNKNOWN: "the robot's emergency stop is not heard",
    Gate.OWNER_UNKNOWN: 'the robot does not take commands, or does not tell whether it does',
    Gate.MONITOR: 'the monitor alarms',
    Gate.MONITOR_SILENT: 'the monitor is not heard',
    Gate.PAUSED: 'the arbiter itself stood still for a while',
}
SILENCE = (Gate.ROBOT_SILENT, Gate.ESTOP_UNKNOWN, Gate.MONITOR_SILENT)


class Gates:
    """The newest word of robot and monitor, and how old it is; taken: natively, how often."""

    def __init__(self, config: ArbiterConfig, has_estop: bool) -> None:
        """Begin with everybody silent."""
        self.config = config
        self._has_estop = has_estop
        self._verdict: Verdict | None = None
        self._verdict_ns = self._robot_ns = self._estop_ns = NEVER
        self._estop = False
        self._owner: str = Owner.FLYWHEEL
        self.taken = 0
        self._competing: dict[str, tuple[str, ...]] = {}

    def verdict(self, verdict: Verdict, now: int) -> None:
        """Hear policy_monitor."""
        self._verdict, self._verdict_ns = verdict, now

    def robot_heard(self, now: int) -> None:
        """Hear the robot's state."""
        self._robot_ns = now

    def estop(self, pressed: bool, now: int) -> None:
        """Hear the robot's emergency stop."""
        self._estop, self._estop_ns = pressed, now

    def owner(self, owner: str) -> None:
        """Hear who commands the robot: flywheel, native or unknown."""
        self.taken += owner == Owner.NATIVE != self._owner
        self._owner = owner

    @property
    def owned_by(self) -> Owner:
        """Who commands the robot."""
        return word(Owner, self._owner, Owner.UNKNOWN)

    def competing(self, topic: str, nodes: tuple[str, ...]) -> bool:
        """Hear who else publishes a topic of ours, () for nobody; return whether that is news."""
        news = bool(nodes) and nodes != self._competing.get(topic, ())
        self._competing[topic] = nodes
        return news

    def pressed(self, now: int) -> float:
        """Return the emergency stop as a number: 1 pressed, 0 released, NaN unknown."""
        return float('nan') if self._estop_unknown(now) else float(self._estop)

    def for_everybody(self, now: int) -> Gate:
        """Return what keeps everybody from driving."""
        if self._estop:
            return Gate.ESTOP
        if self._owner == Owner.NATIVE:
            return Gate.NATIVE
        if any(self._competing.values()):
            return Gate.COMPETING
        if now - self._robot_ns > self.config.state_timeout * SECOND:
            return Gate.ROBOT_SILENT
        if self._estop_unknown(now):
            return Gate.ESTOP_UNKNOWN
        return Gate.NONE if self._owner == Owner.FLYWHEEL else Gate.OWNER_UNKNOWN

    def _estop_unknown(self, now: int) -> bool:
        return self._has_estop and now - self._estop_ns > self.config.estop_timeout * SECOND

    def for_policy(self, now: int) -> Gate:
        """Return what keeps the policy from driving besides that."""
        if not self.config.monitor_required:
            return Gate.NONE
        if now - self._verdict_ns > self.config.verdict_timeout * SECOND:
            return Gate.MONITOR_SILENT
        return Gate.NONE if self._verdict and self._verdict.ok else Gate.MONITOR

    def says(self, gate: Gate) -> str:
        """Return a gate in words, with the monitor's alarms."""
        alarms = self._verdict.alarms if gate is Gate.MONITOR and self._verdict else ()
        return SAYS[gate] + (f': {", ".join(alarms)}' if alarms else '')
