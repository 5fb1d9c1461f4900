"""What a client is shown of the robot: the content of the relay's state messages."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
import math
from typing import Any

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Control, Verdict

UNKNOWN = 'unknown'
SILENT_NS = SECOND


@dataclass(frozen=True)
class Facts:
    """
    What the relay has heard of the robot; stamps are monotonic ns of the arrival.

    speed: vx, vy in m/s and wz in rad/s in the body frame.
    """

    control: Control | None = None
    control_ns: int = 0
    verdict: Verdict | None = None
    verdict_ns: int = 0
    speed: tuple[float, float, float] | None = None
    speed_ns: int = 0


@dataclass(frozen=True)
class View:
    """
    One state message.

    mode, gate and phase are words of core/control.py and core/events.py, 'unknown' while the
    arbiter is silent; monitor: ok, alarm or unknown; vx, vy in m/s, wz in rad/s, None while the
    robot is silent; epoch: of the session the arbiter has, holder and holder_epoch: of the lease
    the relay has given; time_ns: the robot's wall clock.
    """

    mode: str = UNKNOWN
    gate: str = UNKNOWN
    reason: str = ''
    operator: str = ''
    intervention: str = ''
    phase: str = UNKNOWN
    epoch: int = 0
    monitor: str = UNKNOWN
    alarms: tuple[str, ...] = ()
    vx: float | None = None
    vy: float | None = None
    wz: float | None = None
    holder: str = ''
    holder_epoch: int = 0
    time_ns: int = 0


def view(facts: Facts, holder: str, holder_epoch: int, now: Now) -> View:
    """Return what to show; what was not heard for a second is unknown."""
    control = facts.control if now.mono - facts.control_ns < SILENT_NS else None
    verdict = facts.verdict if now.mono - facts.verdict_ns < SILENT_NS else None
    speed = facts.speed if now.mono - facts.speed_ns < SILENT_NS else None
    vx, vy, wz = (v if math.isfinite(v) else None for v in speed or (math.nan,) * 3)
    shown: dict[str, Any] = {'holder': holder, 'holder_epoch': holder_epoch, 'vx': vx, 'vy': vy,
                             'wz': wz, 'time_ns': now.wall}
    if control:
        shown.update(mode=str(control.mode), gate=str(control.gate), reason=control.reason,
                     operator=control.operator, intervention=control.intervention,
                     phase=str(control.phase), epoch=control.epoch)
    if verdict:
        shown.update(monitor='ok' if verdict.ok else 'alarm', alarms=verdict.alarms)
    return View(**shown)


def to_message(shown: View) -> dict[str, Any]:
    """Return the state message."""
    return {'type': 'state', **vars(shown)}


def from_message(message: Mapping[str, Any]) -> View:
    """Return the content of a state message; unknown fields of later relays are ignored."""
    known = {f.name: message[f.name] for f in fields(View) if f.name in message}
    return View(**{**known, 'alarms': tuple(known.get('alarms', ()))})
