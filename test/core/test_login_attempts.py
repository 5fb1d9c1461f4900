"""Guessing is bounded by address and in all, whoever guesses and however often."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.login_attempts import (
    ADDRESS_BURST,
    ADDRESS_RATE,
    BURST,
    LoginAttempts,
    MOST_ADDRESSES,
    RATE,
)


def test_one_address_uses_up_its_own_attempts_only() -> None:
    attempts = LoginAttempts()
    assert sum(attempts.may('10.0.0.1', 0) for _ in range(1000)) == ADDRESS_BURST
    assert attempts.may('10.0.0.2', 0)
    assert not attempts.may('10.0.0.1', int(0.9 * SECOND / ADDRESS_RATE))
    assert attempts.may('10.0.0.1', int(2 * SECOND / ADDRESS_RATE))


@given(st.lists(st.tuples(st.integers(0, 3 * MOST_ADDRESSES), st.integers(0, SECOND // 10)),
                max_size=300))
def test_all_together_are_bounded(tries: list[tuple[int, int]]) -> None:
    attempts, now, allowed = LoginAttempts(), 0, 0
    for address, later in tries:
        now += later
        allowed += attempts.may(str(address), now)
    assert allowed <= BURST + RATE * now / SECOND + 1e-6
