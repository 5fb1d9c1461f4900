from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.intake import Intake
from flywheel_nodes.core.recording.ring import Record, Ring

HOUR = 3600 * SECOND


def record(mono_ns: int, channel: int = 1) -> Record:
    return Record(channel, mono_ns, mono_ns, mono_ns, 0, b'')


@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 999)), max_size=20),
                max_size=20))
def test_everything_comes_out_once_and_in_order(
        loops: list[list[tuple[int, int]]]) -> None:
    """Each loop takes what came since the last one, topic by topic."""
    intake, out, sent, now = Intake(Ring(10**12, 10**9)), [], [], SECOND
    for loop in loops:
        arrived = sorted((channel, now + offset) for channel, offset in loop)
        now += 1000
        batch = [record(mono, channel) for channel, mono in arrived]
        sent += batch
        intake.fresh.extend(batch)
        out += intake.release(now)
        assert all(one.mono_ns > intake.released_ns for one in intake.fresh)
    out += intake.flush(now + 1)
    times = [one.mono_ns for one in out]
    assert times == sorted(times)
    assert sorted(out) == sorted(sent)
    assert intake.ring.since(0) == out


def test_a_jump_of_the_wall_clock_does_not_misplace_what_was_under_way() -> None:
    intake = Intake(Ring(30 * SECOND, 10**9))
    intake.release(100 * SECOND)
    intake.fresh += [record(100 * SECOND + 5 - HOUR), record(100 * SECOND + 6 + HOUR)]
    intake.release(100 * SECOND + 10)
    out = intake.release(100 * SECOND + 20)
    assert [one.mono_ns for one in out] == [100 * SECOND + 10] * 2
    assert len(intake.ring) == 2


def test_what_does_not_fit_is_told() -> None:
    intake = Intake(Ring(SECOND, 1000))
    intake.fresh += [record(n) for n in range(5)]
    intake.flush(10)
    assert [one.mono_ns for one in intake.early] == [0, 1]


def test_nothing_passes_what_is_still_being_worked_on() -> None:
    intake = Intake(Ring(30 * SECOND, 10**9))
    intake.release(SECOND)
    intake.fresh += [record(SECOND + n, channel=1) for n in range(5)]
    out = intake.release(SECOND + 10, pending_ns=SECOND + 2)
    assert [one.mono_ns for one in out] == [SECOND]
    out = intake.release(SECOND + 20, pending_ns=SECOND + 2)
    assert [one.mono_ns for one in out] == [SECOND + 1]
    assert intake.released_ns == SECOND + 1
    intake.fresh.append(record(SECOND + 2, channel=2))
    out = intake.release(SECOND + 30)
    assert [(one.mono_ns - SECOND, one.channel) for one in out] == [(2, 1), (2, 2), (3, 1), (4, 1)]


@pytest.mark.parametrize('step_s', [-1.9, -1.0, -0.6])
def test_a_small_jump_of_the_wall_clock_keeps_the_order(step_s: float) -> None:
    intake = Intake(Ring(30 * SECOND, 10**9))
    intake.release(99 * SECOND)
    intake.fresh.append(record(100 * SECOND - 1))
    intake.release(100 * SECOND)
    intake.fresh.append(record(100 * SECOND + 1))
    out = intake.release(100 * SECOND + 10)
    intake.fresh.append(record(100 * SECOND + 15 + int(step_s * SECOND), channel=2))
    out += intake.release(100 * SECOND + 20) + intake.flush(100 * SECOND + 30)
    times = [one.mono_ns for one in out]
    assert len(out) == 3
    assert times == sorted(times)
    assert times == [one.mono_ns for one in intake.ring.since(0)]
