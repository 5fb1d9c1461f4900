import math

from hypothesis import given
from hypothesis import strategies as st
import pytest
from sensor_msgs.msg import JointState

from flywheel_nodes.adapters import braking, ur
from flywheel_nodes.adapters.base import Heard, View
from flywheel_nodes.adapters.trajectories import SHORTEST_S
from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.nodes.messages import message_class, to_ns

ROBOT = load_robot('ur5e')
NAMES = [joint.name for joint in ROBOT.joints]
SPEEDS = st.lists(st.floats(-3.14, 3.14), min_size=6, max_size=6)


def view(positions: list[float], speeds: list[float], now: float = 0.0) -> View:
    state = JointState(name=NAMES, position=positions, velocity=speeds)
    return View(ROBOT, message_class, Now(int(now * SECOND), 0),
                {ur.JOINT_STATES.name: Heard(state, 0)})


def rest(*args: object) -> tuple[list[float], float]:
    """Return where the joints come to rest, and after how many seconds."""
    [point] = braking.rest(view(*args), ur.JOINT_STATES).points  # type: ignore[arg-type]
    assert list(point.velocities) == [0.0] * 6
    return list(point.positions), to_ns(point.time_from_start) / SECOND


@given(SPEEDS)
def test_no_joint_brakes_harder_than_it_may_and_none_turns_back(speeds: list[float]) -> None:
    ends, takes = rest([0.0] * 6, speeds)
    assert SHORTEST_S <= takes <= 0.5
    for joint, speed, end in zip(ROBOT.joints, speeds, ends, strict=True):
        # The cubic with these ends is a t^3 + b t^2 + v t, its second derivative 6 a t + 2 b.
        a = (speed * takes - 2 * end) / takes**3
        b = (3 * end - 2 * speed * takes) / takes**2
        assert abs(a) < 1e-6 / takes**3, 'the same deceleration all the way'
        assert abs(2 * b) <= joint.stop_deceleration + 1e-6
        assert end * speed >= 0.0


def test_at_rest_it_stays_where_it_is() -> None:
    where = [0.1, -1.5, 1.2, 0.0, 0.4, 3.0]
    assert rest(where, [0.0] * 6) == (where, SHORTEST_S)
    assert not braking.moves(view(where, [0.0] * 6), ur.JOINT_STATES)
    assert braking.moves(view(where, [0.0] * 5 + [-0.2]), ur.JOINT_STATES)


def test_the_end_of_a_range_ends_the_way() -> None:
    ends, _ = rest([0.0, 0.0, 3.1, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0, 0.0, 0.0])
    assert ends[2] == ROBOT.joints[2].upper


@pytest.mark.parametrize('known', [
    view([0.0] * 6, [0.0] * 6, now=1.0), view([math.nan] + [0.0] * 5, [0.0] * 6),
    view([0.0, 0.0, 6.0, 0.0, 0.0, 0.0], [0.0] * 6), View(ROBOT, message_class, Now(0, 0))],
    ids=['old', 'not a number', 'far outside', 'nothing'])
def test_an_arm_that_is_nowhere_known_is_left_to_its_controller(known: View) -> None:
    assert braking.rest(known, ur.JOINT_STATES) is None
