"""What the fakes of Unitree's robots share: the motion service's server, walking, the remote."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import json
import math
import struct
from typing import Any

from flywheel_nodes.adapters.unitree import REQUEST, RESPONSE, WIRELESS
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.nodes.inlet import Arrival
from flywheel_nodes.sim.fakes.kit import Kit
from flywheel_nodes.sim.world import World

DONE, NOT_IMPLEMENTED, BAD_PARAMETER = 0, 3203, 3204
GRAVITY = 9.81
APP_EVERY_NS = SECOND // 10
Answer = tuple[int, str]
"""A status code and data."""


class RefusedError(Exception):
    """The robot says no."""

    def __init__(self, code: int) -> None:
        """Say no with a status code."""
        super().__init__(str(code))
        self.code = code


class Server:
    """
    The motion service: answers each request that wants it, under the request's identity.

    silent: it hangs, as after a crash of the vendor's.
    """

    def __init__(self, kit: Kit, handle: Callable[[int, dict[str, Any], int], str]) -> None:
        """
        Begin to listen.

        :param handle: of an api id, its parameter and the time in ns; returns the answer's data or
            raises RefusedError
        """
        self.silent = False
        self._make, self._handle = kit.make, handle
        self._out = kit.publisher(RESPONSE)
        kit.hear(REQUEST, self._take)

    def _take(self, request: Any, arrival: Arrival) -> None:
        if self.silent:
            return
        code, data = self.answer(request, arrival.mono_ns)
        if not request.header.policy.noreply:
            said = self._make(RESPONSE.type)()
            said.header.identity = request.header.identity
            said.header.status.code, said.data = code, data
            self._out.publish(said)

    def answer(self, request: Any, now_ns: int) -> Answer:
        """Do what a request asks for."""
        try:
            asked = json.loads(request.parameter) if request.parameter else {}
            if not isinstance(asked, dict):
                return BAD_PARAMETER, ''
            return DONE, self._handle(request.header.identity.api_id, asked, now_ns)
        except RefusedError as no:
            return no.code, ''
        except ValueError:
            return BAD_PARAMETER, ''


def numbers(*values: Any) -> tuple[float, ...]:
    """Return finite numbers; raises RefusedError for anything else."""
    if not all(isinstance(one, (int, float)) and math.isfinite(one) for one in values):
        raise RefusedError(BAD_PARAMETER)
    return tuple(map(float, values))


class Walk:
    """A speed that the robot keeps for as long as it was told to."""

    def __init__(self, world: World) -> None:
        """Begin standing."""
        self._world = world
        self._speed: Sequence[float] = (0.0, 0.0, 0.0)
        self._until_ns = 0
        self.walking = False

    def go(self, speed: Sequence[float], seconds: float, now_ns: int) -> None:
        """Walk at vx, vy, wz for a while."""
        self._speed, self.walking = speed, any(speed)
        self._until_ns = now_ns + int(seconds * SECOND)
        self.step(now_ns)

    def stop(self, now_ns: int) -> None:
        """Stand."""
        self.go((0.0, 0.0, 0.0), 0.0, now_ns)

    def step(self, now_ns: int) -> None:
        """Keep walking, or stand when the time is over."""
        if now_ns > self._until_ns:
            self._speed, self.walking = (0.0, 0.0, 0.0), False
        vx, vy, wz = self._speed
        self._world.drive(vx, wz, now_ns, vy)


@dataclass
class Remote:
    """The remote control: sticks -1..1, keys as bits."""

    lx: float = 0.0
    ly: float = 0.0
    rx: float = 0.0
    ry: float = 0.0
    keys: int = 0

    def on_topic(self, make: Callable[[str], Any]) -> Any:
        """Return what its own topic says."""
        return make(WIRELESS.type)(lx=self.lx, ly=self.ly, rx=self.rx, ry=self.ry, keys=self.keys)

    def in_state(self) -> bytes:
        """Return the 40 bytes in LowState."""
        return struct.pack('<2BH5f16x', 0x55, 0x51, self.keys, self.lx, self.rx, self.ry, 0.0,
                           self.ly)


class App:
    """The vendor's app: it walks the robot with requests of its own, past everybody else."""

    def __init__(self, kit: Kit, api: int, parameter: str) -> None:
        """Have it ready; api and parameter: what it asks for at 10 Hz while active."""
        self.active = False
        self._make, self._api, self._parameter = kit.make, api, parameter
        self._out = kit.publisher(REQUEST)
        self._due_ns = 0

    def step(self, now: Now) -> None:
        """Ask again when it is time."""
        if not self.active or now.mono < self._due_ns:
            return
        self._due_ns = now.mono + APP_EVERY_NS
        made = self._make(REQUEST.type)()
        made.header.identity.id, made.header.identity.api_id = now.wall, self._api
        made.header.policy.noreply, made.parameter = True, self._parameter
        self._out.publish(made)


# --- what sensors say ----------------------------------------------------------------------------

def quaternion(yaw: float, roll: float = 0.0) -> list[float]:
    """Return w, x, y, z of a turn to the left after a fall to the right."""
    a, b, c, d = math.cos(yaw / 2), math.sin(yaw / 2), math.cos(roll / 2), math.sin(roll / 2)
    return [a * c, a * d, b * d, b * c]


def fill_imu(unit: Any, world: World, roll: float = 0.0) -> None:
    """Set an IMUState to what the body does."""
    unit.quaternion = quaternion(world.theta, roll)
    unit.gyroscope = [0.0, 0.0, world.wz]
    unit.accelerometer = [world.ax, GRAVITY * math.sin(roll), GRAVITY * math.cos(roll)]
    unit.rpy = [roll, 0.0, world.theta]


def fill_odometry(state: Any, world: World, height: float, roll: float = 0.0) -> None:
    """Set a SportModeState: its speed is in the odometry frame, its stamp stays 0."""
    cos, sin = math.cos(world.theta), math.sin(world.theta)
    state.position = [world.x, world.y, height]
    state.velocity = [world.vx * cos - world.vy * sin, world.vx * sin + world.vy * cos, 0.0]
    state.yaw_speed, state.body_height = world.wz, height
    fill_imu(state.imu_state, world, roll)


def gait(world: World, now: Now, index: int) -> float:
    """Return by how much a joint swings, in rad."""
    pace = min(1.0, abs(world.vx) + abs(world.vy) + abs(world.wz))
    return 0.2 * pace * math.sin(now.mono / SECOND * 12.0 + index)
