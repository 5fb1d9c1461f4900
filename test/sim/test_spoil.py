import math

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.driving.chunks import Chunk
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.sim.spoil import Spoiler

ROBOT = load_robot('sim')
BASE = Chunk(1, (0, 10), ((0.5, 0.1), (0.5, 0.2)))
VECTORS = st.tuples(*(st.floats(j.lower, j.upper) for j in ROBOT.joints))


@given(VECTORS)
def test_a_jump_stays_within_range_and_takes_every_second_pair(vector: tuple[float, ...]) -> None:
    spoiler, joints = Spoiler(ROBOT), Chunk(1, (0, 10), (vector, vector))
    _, spoilt = spoiler.jump(BASE, joints)
    for joint, before, after in zip(ROBOT.joints, vector, spoilt.values[0], strict=True):
        assert joint.lower <= after <= joint.upper
        assert math.isclose(abs(after - before), (joint.upper - joint.lower) / 4, abs_tol=1e-9)
    assert spoiler.jump(BASE, joints) == (BASE, joints)


def test_frozen_keeps_what_was_said_before_it_began() -> None:
    spoiler, later = Spoiler(ROBOT), Chunk(2, (0, 10), ((0.0, 0.0), (0.0, 0.0)))
    spoiler.frozen(False, BASE, BASE)
    assert spoiler.frozen(True, later, later)[0] == Chunk(2, BASE.offsets_ns, BASE.values)
    assert spoiler.frozen(False, later, later) == (later, later)
