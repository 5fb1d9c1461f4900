"""Why the robot came to its mode."""

from dataclasses import replace

import pytest

from flywheel_nodes.core.driving.gates import SAYS
from flywheel_nodes.core.teleop.answers import State
from flywheel_nodes.core.teleop.status import WAS, why

VIEW = State(mode='hold', gate='monitor', reason='the monitor alarms: progress', monitor='ok')


def test_the_verdict_is_the_live_one_and_the_reason_is_past() -> None:
    assert why(VIEW) == 'why: the monitor alarmed: progress'
    stopped = replace(VIEW, mode='stopped', gate='estop', reason=SAYS['estop'])
    assert why(stopped) == "why: the robot's emergency stop was pressed"
    assert why(State()) == ''


def test_reasons_that_are_no_state_are_told_as_they_are() -> None:
    assert why(replace(VIEW, gate='human', reason='released by ada: success')) == (
        'why: released by ada: success')


@pytest.mark.parametrize('gate', SAYS)
def test_each_state_that_can_end_has_its_past(gate: str) -> None:
    assert WAS[gate] != SAYS[gate]
