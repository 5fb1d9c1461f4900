"""What an operator's hands do at the crate: back off, and drive around it."""

import asyncio
from collections.abc import Callable
import math
import time

from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.witness import Pose

RATE = 30.0
AHEAD_M, INSIDE_M = 1.2, 0.25


async def back_off(operator: RelayClient, seconds: float) -> None:
    """Drive back, slowly."""
    await _steer(operator, seconds, lambda: (-0.5, 0.0))


async def around(operator: RelayClient, seconds: float, pose: Callable[[], Pose]) -> None:
    """Steer for a point ahead on the inner side of the track, as a human would."""
    await _steer(operator, seconds, lambda: towards(pose()))


def towards(pose: Pose) -> tuple[float, float]:
    """Return the shares of vx and wz that lead to that point."""
    course = Course()
    x, y = course.point(course.progress(pose.x, pose.y) + AHEAD_M, -INSIDE_M)
    error = math.remainder(math.atan2(y - pose.y, x - pose.x) - pose.yaw, math.tau)
    return 0.7 * max(0.2, math.cos(error)), max(-1.0, min(1.0, 1.6 * error))


async def _steer(operator: RelayClient, seconds: float,
                 shares: Callable[[], tuple[float, float]]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        vx, wz = shares()
        await operator.drive({'vx': vx, 'wz': wz})
        await asyncio.sleep(1 / RATE)
