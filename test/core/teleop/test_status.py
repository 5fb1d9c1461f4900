"""One line: what is so now first, why it came to this last."""

from dataclasses import replace

import pytest

from flywheel_nodes.core.driving.gates import SAYS
from flywheel_nodes.core.teleop.status import status, WAS, why
from flywheel_nodes.core.teleop.view import View

VIEW = View('hold', 'monitor', 'the monitor alarms: progress', monitor='ok', vx=0.5, wz=-0.25)


def test_mode_lease_and_phase_come_first() -> None:
    view = replace(VIEW, mode='human', gate='deadman', reason='ada drives', holder='ada')
    line = status(view, 'recovery', 0.012)
    assert line == ('HUMAN · lease yours · recovery · deadman · monitor ok · '
                    '+0.50 m/s -0.25 rad/s · 12 ms · why: ada drives')
    assert status(view, '', None).startswith('HUMAN · lease ada · deadman · monitor ok')


def test_the_verdict_is_the_live_one_and_the_reason_is_past() -> None:
    assert status(VIEW, '', None) == ('HOLD · lease free · monitor ok · +0.50 m/s -0.25 rad/s · '
                                      'why: the monitor alarmed: progress')
    alarmed = replace(VIEW, monitor='alarm', alarms=('progress', 'seam'))
    assert 'monitor alarm: progress, seam · ' in status(alarmed, '', None)
    stopped = replace(VIEW, mode='stopped', gate='estop', reason=SAYS['estop'])
    assert why(stopped) == "why: the robot's emergency stop was pressed"


def test_what_is_not_known() -> None:
    assert status(View(), '', None) == 'UNKNOWN · lease free · monitor unknown · ? m/s'


def test_reasons_that_are_no_state_are_told_as_they_are() -> None:
    assert why(replace(VIEW, gate='human', reason='released by ada: success')) == (
        'why: released by ada: success')


@pytest.mark.parametrize('gate', SAYS)
def test_each_state_that_can_end_has_its_past(gate: str) -> None:
    assert WAS[gate] != SAYS[gate]
