"""A bucket lets through its rate and its burst, and no more."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.bucket import Bucket


@given(st.floats(0.5, 1000.0), st.floats(1.0, 100.0),
       st.lists(st.integers(0, SECOND // 2), max_size=200))
def test_never_more_than_rate_and_burst(rate: float, burst: float, steps: list[int]) -> None:
    bucket, now, taken = Bucket(rate, burst), 0, 0
    for step in steps:
        now += step
        taken += bucket.take(now)
    assert taken <= burst + rate * now / SECOND + 1e-6


def test_a_burst_then_the_rate() -> None:
    bucket = Bucket(10.0)
    assert sum(bucket.take(0) for _ in range(50)) == 10
    assert sum(bucket.take(SECOND // 2) for _ in range(50)) == 5


def test_a_debt_is_paid_first() -> None:
    bucket = Bucket(1.0, 2.0)
    bucket.level -= 3.0
    assert not bucket.has(0)
    assert not bucket.has(SECOND)
    assert bucket.has(2 * SECOND)
