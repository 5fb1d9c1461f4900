from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.pace import Pace

SECOND = 10**9


@given(st.lists(st.integers(0, SECOND // 10), min_size=1, max_size=500), st.floats(1.0, 200.0))
def test_no_more_pass_than_the_rate_and_none_are_uncounted(gaps: list[int], rate: float) -> None:
    pace, now, passed = Pace(rate), SECOND, []
    for gap in gaps:
        now += gap
        if pace.lets(now):
            passed.append(now)
    assert passed[0] == SECOND + gaps[0]
    assert len(passed) + pace.thinned == len(gaps)
    # Within any stretch: the rate, one that begins it, and the slack of 1/16 of an interval.
    for index, start in enumerate(passed):
        most = (passed[-1] - start) / SECOND * rate + 2
        assert len(passed) - index <= most


@given(st.integers(1, 10), st.lists(st.integers(-2_000_000, 2_000_000), min_size=50, max_size=200))
def test_a_whole_part_of_the_rate_is_kept_evenly_through_jitter(part: int,
                                                                jitter: list[int]) -> None:
    period = SECOND // 25
    pace = Pace(25.0 / part)
    passed = [n for n, off in enumerate(jitter) if pace.lets(SECOND + n * period + off)]
    assert passed == list(range(0, len(jitter), part))


def test_after_a_pause_it_does_not_catch_up() -> None:
    pace = Pace(10.0)
    assert pace.lets(SECOND)
    assert pace.lets(100 * SECOND)
    assert not pace.lets(100 * SECOND + 1)


@given(st.lists(st.integers(-4_900_000, 4_900_000), min_size=50, max_size=200))
def test_known_jitter_of_nearly_half_an_interval_costs_nothing(jitter: list[int]) -> None:
    pace = Pace(100.0, slack_ns=5_000_000)
    passed = [pace.lets(SECOND + n * SECOND // 100 + off) for n, off in enumerate(jitter)]
    assert passed.count(False) <= 1, 'all but one beside an early beginning'
