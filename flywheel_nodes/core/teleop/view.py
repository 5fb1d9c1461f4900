"""What a client is shown of the robot: the content of the relay's state messages."""

from dataclasses import dataclass
import math
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Control, Verdict
from flywheel_nodes.core.teleop.answers import State
from flywheel_nodes.core.teleop.codec import plain
from flywheel_nodes.core.teleop.fields import LONGEST_TEXT

SILENT_NS = SECOND


@dataclass(frozen=True)
class Facts:
    """
    What the relay has heard of the robot; stamps are monotonic ns of the arrival.

    speed: vx, vy in m/s and wz in rad/s in the body frame; cap: share of the limits a human may
    use, because of frame_age: age in s of the newest camera frame the driver has displayed, 0
    without one; proposed_ns: when the policy last proposed anything.
    """

    control: Control | None = None
    control_ns: int = 0
    verdict: Verdict | None = None
    verdict_ns: int = 0
    speed: tuple[float, float, float] | None = None
    speed_ns: int = 0
    cap: float = 1.0
    frame_age: float = 0.0
    cap_ns: int = 0
    proposed_ns: int = 0


def view(facts: Facts, holder: str, holder_epoch: int, now: Now) -> State:
    """Return what to show; what was not heard for a second is unknown."""
    control = facts.control if now.mono - facts.control_ns < SILENT_NS else None
    verdict = facts.verdict if now.mono - facts.verdict_ns < SILENT_NS else None
    speed = facts.speed if now.mono - facts.speed_ns < SILENT_NS else None
    vx, vy, wz = (v if math.isfinite(v) else None for v in speed or (math.nan,) * 3)
    shown: dict[str, Any] = {'holder': holder, 'holder_epoch': holder_epoch, 'vx': vx, 'vy': vy,
                             'wz': wz, 'time_ns': now.wall}
    if facts.cap_ns and now.mono - facts.cap_ns < SILENT_NS:
        shown.update(cap=facts.cap, frame_age=facts.frame_age or None)
    if control:
        shown.update(mode=str(control.mode), gate=str(control.gate), epoch=control.epoch,
                     reason=control.reason[:LONGEST_TEXT], operator=control.operator,
                     intervention=control.intervention, phase=str(control.phase))
    if verdict:
        shown.update(monitor='ok' if verdict.ok else 'alarm', alarms=verdict.alarms)
    return State(**shown)


def to_message(shown: State) -> dict[str, Any]:
    """Return the state message."""
    return plain(shown)
