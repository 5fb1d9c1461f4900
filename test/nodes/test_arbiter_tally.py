"""What the arbiter counts over any story of ticks."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import Now, SECOND
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.metrics import Metrics
from flywheel_nodes.nodes.arbiter_tally import Tally
from test.core.driving.rig import Rig


@given(st.lists(st.tuples(st.sampled_from(Mode), st.integers(1, 3 * SECOND)), min_size=1))
def test_the_seconds_of_all_modes_add_up_to_the_time_since_the_first_tick(
        story: list[tuple[Mode, int]]) -> None:
    rig, metrics, now = Rig(), Metrics(), 10 * SECOND
    tally = Tally(metrics, rig.arbiter, rig.gates)
    result = rig.arbiter.tick(Now(now, now))
    tally.take(result, Now(now, now))
    for mode, step in story:
        now += step
        tally.take(replace(result, control=replace(result.control, mode=mode), events=()),
                   Now(now, now))
        assert [one for one in Mode if metrics.cell('mode', mode=one).value] == [mode]
    took = sum(metrics.cell('mode_seconds_total', mode=mode).value for mode in Mode)
    assert took == pytest.approx(sum(step for _, step in story) / SECOND)


def test_a_native_takeover_counts_once_and_names_the_owner() -> None:
    rig, metrics = Rig(), Metrics()
    tally = Tally(metrics, rig.arbiter, rig.gates)
    for number, owner in enumerate(('flywheel', 'native', 'native', 'unknown', 'native', 'odd')):
        rig.gates.owner(owner)
        at = Now((number + 1) * SECOND, SECOND)
        tally.take(rig.arbiter.tick(at), at)
    assert metrics.cell('native_takeovers_total').value == 2
    assert metrics.cell('control_owner', owner='unknown').value == 1
    assert metrics.cell('control_owner', owner='native').value == 0


@given(st.lists(st.tuples(st.sampled_from(Mode), st.integers(1, 3 * SECOND)), min_size=1))
def test_since_when_a_mode_drives_is_told_by_the_wall_clock(
        story: list[tuple[Mode, int]]) -> None:
    rig, metrics, now, wall = Rig(), Metrics(), 10 * SECOND, 10**18
    tally = Tally(metrics, rig.arbiter, rig.gates)
    result = rig.arbiter.tick(Now(now, wall))
    tally.take(result, Now(now, wall))
    mode, began = result.control.mode, wall
    for new, step in story:
        now, wall = now + step, wall + step
        tally.take(replace(result, control=replace(result.control, mode=new), events=()),
                   Now(now, wall))
        mode, began = new, began if new is mode else wall
        assert metrics.cell('mode_since_timestamp_seconds').value == began / SECOND
