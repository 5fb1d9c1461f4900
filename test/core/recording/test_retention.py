from random import Random

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.retention import Bound, Kept, Plan, plan, Quota, Removal
from flywheel_nodes.core.recording.state import State, Upload

NOW = 1_000_000 * SECOND
STATES = st.builds(State, st.booleans(), st.sampled_from(Upload))
SNIPPETS = st.lists(
    st.builds(Kept, st.uuids().map(str), st.integers(0, 1000),
              st.integers(0, 100).map(lambda age: NOW - age * SECOND), st.integers(0, 3), STATES),
    max_size=12, unique_by=lambda one: one.name)
QUOTAS = st.builds(Quota, st.sampled_from([0, 1, 500, 2000]), st.sampled_from([0.0, 30.0]),
                   st.integers(0, 6))
WANTED = st.sampled_from([0, 1, 700])


def kept(name: str, size: int = 100, age: int = 0, priority: int = 50,
         state: State = State()) -> Kept:  # noqa: B008
    return Kept(name, size, NOW - age * SECOND, priority, state)


def names(*snippets: Kept, quota: Quota, wanted: int = 0) -> list[str]:
    return [one.name for one in plan(snippets, quota, NOW, wanted).removals]


def holding(snippets: list[Kept], quota: Quota, freed: int, wanted: int) -> set[Bound]:
    """Return which bounds hold with these snippets left, said in another way."""
    oldest = min((one.made_ns for one in snippets), default=NOW)
    holds = {Bound.AGE: not quota.age_s or NOW - oldest <= quota.age_s * SECOND,
             Bound.COUNT: not quota.count or len(snippets) <= quota.count,
             Bound.BYTES: not quota.bytes or sum(s.bytes for s in snippets) <= quota.bytes,
             Bound.FREE_SPACE: freed >= wanted}
    return {bound for bound, held in holds.items() if held}


@given(SNIPPETS, QUOTAS, WANTED)
def test_what_is_pinned_or_waits_for_upload_never_leaves(
        snippets: list[Kept], quota: Quota, wanted: int) -> None:
    by_name = {one.name: one for one in snippets}
    for removal in plan(snippets, quota, NOW, wanted).removals:
        state = by_name[removal.name].state
        assert not state.pinned and state.upload is not Upload.PENDING


@given(SNIPPETS, QUOTAS, WANTED)
def test_afterwards_all_bounds_hold_but_those_it_names(
        snippets: list[Kept], quota: Quota, wanted: int) -> None:
    found = plan(snippets, quota, NOW, wanted)
    gone = {one.name for one in found.removals}
    left = [one for one in snippets if one.name not in gone]
    freed = sum(one.bytes for one in found.removals)
    assert holding(left, quota, freed, wanted) == set(Bound) - set(found.unmet)


@given(SNIPPETS, QUOTAS, WANTED)
def test_the_last_one_to_go_was_needed(snippets: list[Kept], quota: Quota, wanted: int) -> None:
    removals = plan(snippets, quota, NOW, wanted).removals
    for last in removals[-1:]:
        gone = {one.name for one in removals[:-1]}
        left = [one for one in snippets if one.name not in gone]
        freed = sum(one.bytes for one in removals[:-1])
        assert last.because not in holding(left, quota, freed, wanted)


@given(SNIPPETS, QUOTAS, WANTED, st.randoms())
def test_the_order_of_the_rows_changes_nothing(
        snippets: list[Kept], quota: Quota, wanted: int, chance: Random) -> None:
    shuffled = list(snippets)
    chance.shuffle(shuffled)
    assert plan(shuffled, quota, NOW, wanted) == plan(snippets, quota, NOW, wanted)


def test_lowest_priority_first_then_uploaded_then_oldest() -> None:
    done = State(upload=Upload.DONE)
    rows = (kept('young', age=1), kept('old', age=9), kept('safe', age=5, state=done),
            kept('dear', age=99, priority=90), kept('cheap', priority=10))
    assert names(*rows, quota=Quota(), wanted=500) == ['cheap', 'safe', 'old', 'young', 'dear']
    assert names(*rows, quota=Quota(count=3)) == ['cheap', 'safe']


def test_age_takes_only_what_is_old() -> None:
    rows = (kept('old', age=50, priority=90), kept('young', age=5, priority=1))
    assert plan(rows, Quota(age_s=20.0), NOW).removals == (Removal('old', Bound.AGE, 100),)
    assert names(*rows, quota=Quota(age_s=20.0, count=1)) == ['old'], 'which is room enough'


def test_bounds_that_cannot_be_met_are_told() -> None:
    found = plan([kept('kept', age=50, state=State(pinned=True))],
                 Quota(bytes=10, age_s=20.0), NOW, 5)
    assert found.removals == ()
    assert found.unmet == (Bound.AGE, Bound.BYTES, Bound.FREE_SPACE)


def test_snippets_stay_where_their_room_would_not_suffice() -> None:
    rows = (kept('old', age=9), kept('young'))
    assert plan(rows, Quota(), NOW, 201) == Plan((), (Bound.FREE_SPACE,))
    assert names(*rows, quota=Quota(), wanted=200) == ['old', 'young']
    assert names(*rows, quota=Quota(count=1), wanted=201) == ['old']
