"""Rotations as quaternions (w, x, y, z)."""

from collections.abc import Sequence
import math

Quaternion = tuple[float, float, float, float]
Vector = tuple[float, float, float]


def upright(quaternion: Sequence[float]) -> Quaternion | None:
    """Return a quaternion with length 1; None for one that is no rotation."""
    w, x, y, z = map(float, quaternion)
    length = math.hypot(w, x, y, z)
    if not 0.5 < length < 2.0:  # also for NaN
        return None
    return w / length, x / length, y / length, z / length


def into_body(attitude: Sequence[float], vector: Sequence[float]) -> Vector:
    """Return a vector of the odometry frame in the frame of a body with that attitude."""
    w, x, y, z = attitude
    a, b, c = map(float, vector)
    p, q, r = 2 * (z * b - y * c), 2 * (x * c - z * a), 2 * (y * a - x * b)
    return (a + w * p + z * q - y * r, b + w * q + x * r - z * p, c + w * r + y * p - x * q)
