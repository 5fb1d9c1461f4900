"""Work is left undone in the declared order, and taken up again only after a calm while."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.shedding import CALM_NS, ORDER, Pressure, Sheddable, Shedding

PERIOD = 50 * MILLISECOND
LATE = st.integers(0, 5 * PERIOD)


def test_the_order_is_that_of_the_words() -> None:
    assert tuple(ORDER) == tuple(Sheddable)
    assert list(ORDER.values()) == sorted(set(ORDER.values()))


@given(st.lists(LATE, max_size=400))
def test_nothing_goes_before_what_comes_first(late: list[int]) -> None:
    pressure, every = Pressure(), [Shedding(what) for what in Sheddable]
    for index, one in enumerate(late):
        pressure.observe(one, PERIOD)
        for shedding in every:
            shedding.update(pressure.value, index * PERIOD)
        active = [shedding.active for shedding in every]
        assert active == sorted(active, reverse=True)
        assert 0.0 <= pressure.value <= 1.0


@given(st.lists(LATE, max_size=50))
def test_lateness_for_good_sheds_all_and_a_calm_while_ends_it(before: list[int]) -> None:
    pressure, shedding = Pressure(), Shedding(Sheddable.STATISTICAL_DETECTORS)
    now = 0
    for late in [*before, *[PERIOD] * 200]:
        now += PERIOD
        pressure.observe(late, PERIOD)
        shedding.update(pressure.value, now)
    assert shedding.active
    changes = []
    for _ in range(200):
        now += PERIOD
        pressure.observe(0, PERIOD)
        if shedding.update(pressure.value, now):
            changes.append(now)
    assert len(changes) == 1
    assert not shedding.active
    assert changes[0] - (now - 200 * PERIOD) > CALM_NS


def test_one_stall_sheds_nothing() -> None:
    pressure = Pressure()
    pressure.observe(10 * SECOND, PERIOD)
    assert pressure.value < min(ORDER.values())


def test_what_is_left_undone_is_counted() -> None:
    shedding = Shedding(Sheddable.PREVIEWS)
    assert not shedding.skipped()
    shedding.update(1.0, 0)
    assert shedding.skipped()
    assert shedding.skipped()
    assert shedding.count == 2
