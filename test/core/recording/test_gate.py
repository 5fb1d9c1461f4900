from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.gate import Gate, Refusal
from test.core.recording.rules import rule


def asked(gate: Gate, *at_s: float) -> list[float]:
    return [at for at in at_s if gate.ask(round(at * SECOND)) is None]


def test_a_cooldown_is_quiet_time() -> None:
    assert asked(Gate(rule(cooldown=10)), 0, 4, 8, 12, 16, 26, 27) == [0, 26]


def test_an_interval_counts_from_the_last_firing() -> None:
    assert asked(Gate(rule(min_interval=10)), 0, 4, 8, 12, 16, 26) == [0, 12, 26]


def test_the_end_of_the_condition_begins_the_cooldown_anew() -> None:
    gate = Gate(rule(cooldown=10))
    assert asked(gate, 0) == [0]
    gate.ended(20 * SECOND)
    assert asked(gate, 29.9, 39.9) == [39.9]


def test_rearming_ends_the_cooldown_but_not_the_interval() -> None:
    gate = Gate(rule(cooldown=10, min_interval=5))
    assert asked(gate, 0) == [0]
    gate.rearm(SECOND)
    assert gate.ask(SECOND) is Refusal.INTERVAL
    gate.rearm(2 * SECOND)
    assert asked(gate, 6) == [6]


def test_what_was_met_after_the_rearming_is_not_rearmed_by_it() -> None:
    gate = Gate(rule(cooldown=10))
    assert asked(gate, 5) == [5]
    gate.rearm(4 * SECOND)
    assert gate.ask(6 * SECOND) is Refusal.COOLDOWN


@given(st.lists(st.floats(0, 30), max_size=40), st.integers(0, 20), st.integers(0, 20))
def test_firings_are_apart_and_the_first_is_never_refused(
        gaps: list[float], cooldown: int, interval: int) -> None:
    times = [sum(gaps[:i + 1]) for i in range(len(gaps))]
    fired = asked(Gate(rule(cooldown=cooldown, min_interval=interval)), *times)
    assert fired[:1] == times[:1]
    for first, second in pairwise(fired):
        assert second - first >= max(cooldown, interval) - 1e-6


def test_a_firing_that_got_no_snippet_is_given_back() -> None:
    gate = Gate(rule(cooldown=10, min_interval=20))
    assert asked(gate, 0) == [0]
    assert asked(gate, 30) == [30]
    gate.give_back()
    gate.give_back()
    assert asked(gate, 31) == [31]
    assert gate.ask(40 * SECOND) is Refusal.COOLDOWN
