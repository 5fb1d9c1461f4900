from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.settling import Settling

QUIET, MOST = 5, 20


def test_nobody_is_awaited_to_the_end() -> None:
    settling = Settling(QUIET, MOST)
    assert [settling.over(0, now) for now in (100, 110, 119, 120)] == [False, False, False, True]


def test_each_who_comes_begins_the_quiet_anew() -> None:
    settling = Settling(QUIET, MOST)
    seen = [(0, 0), (1, 3), (1, 7), (2, 8), (2, 12)]
    assert not any(settling.over(count, now) for count, now in seen)
    assert settling.over(2, 13)


def test_no_time_is_no_wait() -> None:
    assert Settling(QUIET, 0).over(0, 7)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=1))
def test_it_never_ends_early_nor_late(steps: list[tuple[int, int]]) -> None:
    settling, now, history = Settling(QUIET, MOST), 0, [(0, 0)]
    assert not settling.over(0, 0)
    for count, later in steps:
        now += later
        history.append((now, count))
        changed = max((at for (at, c), (_, before) in zip(history[1:], history, strict=False)
                       if c != before), default=0)
        quiet = count > 0 and now - changed >= QUIET
        assert settling.over(count, now) is (now >= MOST or quiet)
