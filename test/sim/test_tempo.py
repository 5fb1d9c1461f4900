from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.sim.tempo import RAMP, Tempo

SECONDS = st.floats(0.0, 5.0)


def test_full_tempo_counts_every_second() -> None:
    assert Tempo().after(3.0, stalled=False) == Tempo(1.0, 3.0)


def test_a_stall_comes_to_a_halt_and_ends_at_full_tempo() -> None:
    halted = Tempo().after(10.0, stalled=True)
    assert halted == Tempo(0.0, pytest.approx(RAMP / 2))
    assert halted.after(10.0, stalled=False).pace == 1.0


@given(st.floats(0.0, 1.0), SECONDS, SECONDS, st.booleans())
def test_two_steps_make_one(pace: float, first: float, second: float, stalled: bool) -> None:
    tempo = Tempo(pace)
    once, twice = tempo.after(first + second, stalled), tempo.after(first, stalled)
    twice = twice.after(second, stalled)
    assert (twice.pace, twice.phase) == pytest.approx((once.pace, once.phase), abs=1e-9)
    assert 0.0 <= once.phase <= first + second + 1e-9
