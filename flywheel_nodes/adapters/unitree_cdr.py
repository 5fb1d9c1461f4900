"""
The part of LowState that is wanted 100 times a second, read out of its bytes.

To make the whole message with its 20 or 35 motors takes rclpy 20 times as long as what is needed
of it. Its fields all have fixed sizes, so that each lies at a fixed place.
"""

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

LITTLE_ENDIAN = b'\0\1'
HEADER = 4
_UNIT = Struct('<10f')


class Motor(NamedTuple):
    """Of a MotorState: rad, rad/s, Nm."""

    q: float
    dq: float
    tau_est: float


class Unit(NamedTuple):
    """Of an IMUState: w, x, y, z; rad/s; m/s^2."""

    quaternion: tuple[float, ...]
    gyroscope: tuple[float, ...]
    accelerometer: tuple[float, ...]


class Motion(NamedTuple):
    """What a LowState says of motion, under the same names."""

    imu_state: Unit
    motor_state: list[Motor]


class Layout(NamedTuple):
    """Where things lie, in bytes from the header's end: first: the q of the first motor."""

    size: int
    unit: int
    first: int
    motors: int
    stride: int


GO = Layout(size=1176, unit=24, first=80, motors=20, stride=48)
HG = Layout(size=2088, unit=16, first=72, motors=35, stride=56)


def reader(layout: Layout) -> Callable[[bytes], Motion | None]:
    """Return what reads a LowState's bytes; None for those that are not of its form."""
    motor = Struct(f'<2f4xf{layout.stride - 16}x')
    begin = HEADER + layout.first
    end = begin + layout.motors * layout.stride

    def read(data: bytes) -> Motion | None:
        if data[:2] != LITTLE_ENDIAN or len(data) < HEADER + layout.size:
            return None
        unit = _UNIT.unpack_from(data, HEADER + layout.unit)
        return Motion(Unit(unit[:4], unit[4:7], unit[7:]),
                      [Motor(*one) for one in motor.iter_unpack(data[begin:end])])
    return read
