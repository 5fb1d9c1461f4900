from dataclasses import replace

import cv2
import numpy as np
import pytest

from flywheel_nodes.sim import camera
from flywheel_nodes.sim.camera import Camera
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.world import Snapshot

COURSE = Course()
HERE = Snapshot(1_700_000_000_123_456_789, 0.0, 0.0, 0.0, 0.5, 0.1, (0.0,) * 6 + (0.04,))
SCENE = slice(40, None)  # below the text


def scene(seen: Snapshot) -> camera.Picture:
    return Camera(COURSE).picture(seen)[SCENE]


def changed(a: camera.Picture, b: camera.Picture) -> int:
    return int(np.count_nonzero((a != b).any(-1)))


@pytest.mark.parametrize('moved', [
    replace(HERE, x=0.05), replace(HERE, theta=0.02),
    replace(HERE, joints=(0.0, 0.1, *HERE.joints[2:])),
    replace(HERE, joints=(*HERE.joints[:6], 0.08))])
def test_the_scene_moves_as_the_robot_does(moved: Snapshot) -> None:
    assert changed(scene(HERE), scene(moved)) > 100


def test_the_scene_stands_still_as_the_robot_does_and_only_the_text_runs() -> None:
    later = replace(HERE, stamp_ns=HERE.stamp_ns + 100_000_000)
    assert changed(scene(HERE), scene(later)) == 0
    assert changed(Camera(COURSE).picture(HERE), Camera(COURSE).picture(later)) > 0


def test_the_crate_grows_as_the_robot_comes_near() -> None:
    def crate(path: float) -> int:
        x, y = COURSE.point(path, COURSE.crate_beside)
        picture = scene(replace(HERE, x=x, y=y, theta=path / COURSE.radius))
        return int(np.count_nonzero((picture == camera._CRATE).all(-1)))
    assert 0 < crate(COURSE.crate_at - 4.0) < crate(COURSE.crate_at - 2.0)
    assert crate(COURSE.crate_at + 1.0) == 0


@pytest.mark.parametrize('theta', np.linspace(-3.1, 3.1, 25).tolist())
def test_it_sees_something_from_anywhere(theta: float) -> None:
    crate = COURSE.crate
    for x, y in ((0.0, 0.0), (4.7, 7.7), (crate.x - 0.6, crate.y)):
        picture = Camera(COURSE).picture(replace(HERE, x=x, y=y, theta=theta))
        assert picture.shape == (camera.HEIGHT, camera.WIDTH, 3) and picture.std() > 5.0


def test_jpeg_and_raw_are_the_same_picture() -> None:
    picture = Camera(COURSE).picture(HERE)
    assert camera.raw(picture).tobytes() == picture.tobytes()
    decoded = cv2.imdecode(np.frombuffer(camera.jpeg(picture), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert np.abs(decoded.astype(int) - picture).mean() < 3.0


def test_black_is_black() -> None:
    assert camera.black().shape == Camera(COURSE).picture(HERE).shape
    assert not camera.black().any()
