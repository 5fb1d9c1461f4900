"""A robot's history follows from its name, and is one of a robot."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.events import Reason
from flywheel_nodes.core.fleet.stints import share, SHORTEST_S, stints

NAMES = st.text(max_size=8)
HOURS = st.floats(1.0, 7200.0)


@given(NAMES, st.floats(10.0, 1000.0), HOURS, HOURS)
def test_a_longer_look_only_adds(name: str, between: float, one: float, other: float) -> None:
    near, far = (list(stints(name, between, until)) for until in sorted((one, other)))
    assert far[:len(near)] == near


@given(NAMES, st.floats(10.0, 1000.0), HOURS)
def test_policy_and_human_take_turns_without_a_gap(
        name: str, between: float, until: float) -> None:
    found = list(stints(name, between, until))
    assert found[0].start == 0.0 and found[-1].start < until <= found[-1].end
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(stint.start < stint.taken_over <= stint.end - SHORTEST_S + 1e-6
               for stint in found)


def test_the_mean_is_what_was_asked_and_every_reason_of_the_table_comes_up() -> None:
    found = list(stints('r', 100.0, 500_000.0))
    mean = sum(stint.taken_over - stint.start for stint in found) / len(found)
    assert 90.0 < mean < 110.0
    assert {Reason.STUCK, Reason.COLLISION_RISK, Reason.OTHER} <= {one.reason for one in found}


@given(NAMES, st.integers())
def test_a_share_is_below_one(name: str, number: int) -> None:
    assert 0.0 <= share(name, number) < 1.0


def test_a_share_is_the_same_in_every_process() -> None:
    assert share('r', 1) == 0.8419679495445536, 'hash() would be another one each time'
