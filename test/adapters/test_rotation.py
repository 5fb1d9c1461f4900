import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.adapters.rotation import into_body, upright

NUMBERS = st.floats(width=32)
ANGLES = st.floats(-math.pi, math.pi)


def test_what_is_no_rotation_is_none() -> None:
    assert upright((0.0, 0.0, 0.0, 0.0)) is None
    assert upright((math.nan, 0.0, 0.0, 1.0)) is None
    assert upright((1.2, 0.0, 0.0, 0.0)) == (1.0, 0.0, 0.0, 0.0)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_a_rotation_has_length_one(quaternion: tuple[float, float, float, float]) -> None:
    found = upright(quaternion)
    assert found is None or math.hypot(*found) == pytest.approx(1.0)


@given(ANGLES)
def test_ahead_is_ahead_wherever_it_looks(yaw: float) -> None:
    attitude = math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)
    ahead = math.cos(yaw), math.sin(yaw), 0.5
    assert into_body(attitude, ahead) == pytest.approx((1.0, 0.0, 0.5), abs=1e-9)


def test_nose_down_forward_speed_of_the_world_points_up_and_ahead() -> None:
    pitched = math.cos(math.pi / 8), 0.0, math.sin(math.pi / 8), 0.0  # 45 degrees down
    half = math.sqrt(0.5)
    assert into_body(pitched, (1.0, 0.0, 0.0)) == pytest.approx((half, 0.0, half))
