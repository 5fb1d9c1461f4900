"""
What the embedded robot's front camera sees: a pinhole over a floor with grid, track and crate.

Body frame: x forward, y left, z up, in m. Pictures are 480 x 640 x 3, uint8, BGR.
"""

from array import array
import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.world import Snapshot

Picture = NDArray[np.uint8]
_Points = NDArray[np.float64]
WIDTH, HEIGHT = 640, 480
QUALITY = 80
_FOCAL, _PITCH, _UP, _AHEAD = 400.0, 0.35, 0.6, 0.2
_NEAR = 0.1
_SKY, _FLOOR, _GRID, _TRACK = (200, 175, 140), (70, 80, 90), (105, 115, 125), (60, 210, 240)
_CRATE, _LID, _POST = (40, 70, 150), (60, 110, 200), (60, 60, 180)
_METAL, _INK = (200, 200, 205), (250, 250, 250)


def black() -> Picture:
    """Return the picture of a camera that sees nothing."""
    return np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def jpeg(picture: Picture) -> 'array[int]':
    """Return a picture as JPEG, in the form that ROS messages take without copying by element."""
    done, encoded = cv2.imencode('.jpg', picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    assert done
    return array('B', encoded.tobytes())


def raw(picture: Picture) -> 'array[int]':
    """Return a picture's bytes, row by row, likewise."""
    return array('B', picture.tobytes())


class Camera:
    """The camera on one course; what stands still is prepared once."""

    def __init__(self, course: Course) -> None:
        """Lay out grid, track, fence posts and crate."""
        self._grid = _grid(course)
        self._track = _track(course)
        self._posts = _posts(course)
        self._crate = _crate(course)
        self._empty = _empty()

    def picture(self, seen: Snapshot) -> Picture:
        """Return what is seen from the robot's pose, its arm in front."""
        picture: Picture = self._empty.copy()
        for segments, colour, width in ((self._grid, _GRID, 1), (self._posts, _POST, 4),
                                        (self._track, _TRACK, 3)):
            lines = _project(_clip(_to_camera(segments, seen)))
            cv2.polylines(picture, list(lines), False, colour, width)
        self._draw_crate(picture, seen)
        _draw_arm(picture, seen)
        text = f'{_clock(seen.stamp_ns)}  {seen.vx:+.2f} m/s'
        cv2.putText(picture, text, (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, _INK, 1)
        return picture

    def _draw_crate(self, picture: Picture, seen: Snapshot) -> None:
        points = _to_camera(self._crate, seen)
        if points[:, :, 2].max() < _NEAR:
            return
        points[:, :, 2] = np.maximum(points[:, :, 2], _NEAR)
        floor, lid = _project(points)
        hull: Any = cv2.convexHull(np.concatenate((floor, lid)))
        cv2.fillConvexPoly(picture, hull, _CRATE)
        cv2.fillConvexPoly(picture, lid, _LID)


# --- what stands on the floor: pairs of points, N x 2 x 3 in the odometry frame ------------------

def _grid(course: Course) -> _Points:
    ticks = np.arange(-course.floor, course.floor + 0.5)
    ends = np.full_like(ticks, course.floor)
    zero = np.zeros_like(ticks)
    along = np.stack((np.stack((-ends, ticks, zero), 1), np.stack((ends, ticks, zero), 1)), 1)
    lines = np.concatenate((along, along[:, :, (1, 0, 2)]))
    lines[:, :, 1] += course.radius
    return lines


def _track(course: Course) -> _Points:
    steps = np.linspace(0.0, course.length, 73)
    points = np.array([(*course.point(path), 0.0) for path in steps])
    return np.stack((points[:-1], points[1:]), 1)


def _posts(course: Course) -> _Points:
    side, spots = course.floor, np.linspace(-course.floor, course.floor, 5)
    feet = [(a, b) for s in spots for a, b in ((s, side), (s, -side), (side, s), (-side, s))]
    return np.array([((x, y + course.radius, 0.0), (x, y + course.radius, 0.4 + 0.1 * (i % 5)))
                     for i, (x, y) in enumerate(feet)])


def _crate(course: Course) -> _Points:
    crate = course.crate
    corners = [(crate.x + crate.radius * math.cos(a), crate.y + crate.radius * math.sin(a))
               for a in np.linspace(0.0, math.tau, 12, endpoint=False)]
    return np.array([[(x, y, z) for x, y in corners] for z in (0.0, 0.5)])


def _empty() -> Picture:
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    horizon = round(HEIGHT / 2 - _FOCAL * math.tan(_PITCH))
    picture[:horizon] = _SKY
    shade = np.linspace(1.1, 0.7, HEIGHT - horizon)[:, None, None]
    picture[horizon:] = (shade * np.array(_FLOOR)).astype(np.uint8)
    return picture


# --- the pinhole ---------------------------------------------------------------------------------

def _to_camera(points: _Points, seen: Snapshot) -> _Points:
    """Return points, ... x 3, as right, down and depth in the camera's frame."""
    cos, sin = math.cos(seen.theta), math.sin(seen.theta)
    dx, dy = points[..., 0] - seen.x, points[..., 1] - seen.y
    forward, left, up = cos * dx + sin * dy - _AHEAD, cos * dy - sin * dx, points[..., 2] - _UP
    down = -math.sin(_PITCH) * forward - math.cos(_PITCH) * up
    depth = math.cos(_PITCH) * forward - math.sin(_PITCH) * up
    return np.stack((-left, down, depth), -1)


def _clip(lines: _Points) -> _Points:
    """Cut N x 2 x 3 segments at the near plane and drop those behind it."""
    depth = lines[:, :, 2]
    lines, depth = lines[(depth > _NEAR).any(1)], depth[(depth > _NEAR).any(1)]
    first, last = lines[:, 0], lines[:, 1]
    span = depth[:, 1] - depth[:, 0]
    share = np.divide(_NEAR - depth[:, 0], span, out=np.zeros_like(span), where=span != 0.0)
    cut = first + share[:, None] * (last - first)
    behind = depth < _NEAR
    return np.stack((np.where(behind[:, :1], cut, first), np.where(behind[:, 1:], cut, last)), 1)


def _project(points: _Points) -> NDArray[np.int32]:
    pixels = _FOCAL * points[..., :2] / points[..., 2:] + (WIDTH / 2, HEIGHT / 2)
    return np.round(pixels).astype(np.int32)


# --- drawn over the scene ------------------------------------------------------------------------

def _draw_arm(picture: Picture, seen: Snapshot) -> None:
    """Draw the arm from its joints: pan leans it, the next three bend it, the last opens it."""
    pan, lift, elbow, wrist, *_, gripper = (*seen.joints, *(0.0,) * 5)[:max(5, len(seen.joints))]
    x, y, angle = 470.0, float(HEIGHT), math.pi / 2 + 0.5 * pan
    points = [(x, y)]
    for bend, length in ((lift, 110.0), (elbow, 80.0), (wrist, 45.0)):
        angle += bend
        x, y = x + length * math.cos(angle), y - length * math.sin(angle)
        points.append((x, y))
    cv2.polylines(picture, [np.array(points).round().astype(np.int32)], False, _METAL, 10)
    for side in (-1.0, 1.0):
        tip = angle + side * (0.2 + 8.0 * gripper)
        end = round(x + 30.0 * math.cos(tip)), round(y - 30.0 * math.sin(tip))
        cv2.line(picture, (round(x), round(y)), end, _METAL, 4)


def _clock(stamp_ns: int) -> str:
    seconds, nanoseconds = divmod(stamp_ns, SECOND)
    return (f'{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}'
            f'.{nanoseconds // 1_000_000:03d}')
