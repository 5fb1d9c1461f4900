"""
Unitree's fast messages, read out of their bytes: what is wanted of them, under the same names.

To decode a LowState with its 20 or 35 motors as a whole takes 20 times as long as to read what is
needed of it. All fields have fixed sizes, so that each lies at a fixed place behind the header.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple

LITTLE_ENDIAN = b'\0\1'
HEADER = 4
Floats = tuple[float, ...]


class Unit(NamedTuple):
    """Of an IMUState: w, x, y, z; rad/s; m/s^2."""

    quaternion: Floats
    gyroscope: Floats
    accelerometer: Floats


class Motor(NamedTuple):
    """Of a Go2's MotorState: rad, rad/s, Nm, degrees Celsius."""

    q: float
    dq: float
    tau_est: float
    temperature: int
    lost: int


class Battery(NamedTuple):
    """Of a Go2's BmsState: percent."""

    status: int
    soc: int
    cycle: int
    cell_vol: tuple[int, ...]


class GoLowState(NamedTuple):
    """Of a Go2's LowState."""

    imu_state: Unit
    motor_state: list[Motor]
    bms_state: Battery
    wireless_remote: bytes
    temperature_ntc1: int
    temperature_ntc2: int
    power_v: float


class HgMotor(NamedTuple):
    """Of a G1's MotorState: the same, two temperatures, V."""

    q: float
    dq: float
    tau_est: float
    temperature: tuple[int, int]
    vol: float
    motorstate: int


class HgLowState(NamedTuple):
    """Of a G1's LowState."""

    imu_state: Unit
    motor_state: list[HgMotor]
    wireless_remote: bytes


class SportState(NamedTuple):
    """Of a SportModeState: m, m/s, rad/s."""

    error_code: int
    imu_state: Unit
    mode: int
    position: Floats
    velocity: Floats
    yaw_speed: float


class Wireless(NamedTuple):
    """A WirelessController."""

    lx: float
    ly: float
    rx: float
    ry: float
    keys: int


_UNIT = Struct('<10f')
_MOTOR, _MOTORS = Struct('<2f4xf12xb3xI12x'), slice(HEADER + 80, HEADER + 80 + 20 * 48)
_BMS, _BOARD = Struct('<2x2B4xH4x15H'), Struct('<40s8x2b2xf')
_HG_MOTOR, _HG_MOTORS = Struct('<2f4xf2hf8xI20x'), slice(HEADER + 72, HEADER + 72 + 35 * 56)
_SPORT = Struct('<I10f13xB14x3f4x4f')
_WIRELESS = Struct('<4fH')


def _sized(size: int, read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return None for bytes that are not of the form that is read."""
    def sized(data: bytes) -> Any:
        fits = data[:2] == LITTLE_ENDIAN and len(data) >= HEADER + size
        return read(data) if fits else None
    return sized


def _unit(data: bytes, at: int) -> Unit:
    told = _UNIT.unpack_from(data, HEADER + at)
    return Unit(told[:4], told[4:7], told[7:])


def _go(data: bytes) -> GoLowState:
    status, soc, cycle, *cells = _BMS.unpack_from(data, HEADER + 1036)
    return GoLowState(_unit(data, 24), list(map(Motor._make, _MOTOR.iter_unpack(data[_MOTORS]))),
                      Battery(status, soc, cycle, tuple(cells)),
                      *_BOARD.unpack_from(data, HEADER + 1100))


def _hg(data: bytes) -> HgLowState:
    motors = [HgMotor(q, dq, tau, (one, two), vol, state)
              for q, dq, tau, one, two, vol, state in _HG_MOTOR.iter_unpack(data[_HG_MOTORS])]
    return HgLowState(_unit(data, 16), motors, data[HEADER + 2028:HEADER + 2068])


def _sport(data: bytes) -> SportState:
    error, *unit, mode, x, y, z, vx, vy, vz, yaw = _SPORT.unpack_from(data, HEADER + 8)
    return SportState(error, Unit(tuple(unit[:4]), tuple(unit[4:7]), tuple(unit[7:])), mode,
                      (x, y, z), (vx, vy, vz), yaw)


def _wireless(data: bytes) -> Wireless:
    return Wireless(*_WIRELESS.unpack_from(data, HEADER))


go_low_state = _sized(1176, _go)
hg_low_state = _sized(2088, _hg)
sport_state = _sized(232, _sport)
wireless = _sized(18, _wireless)
