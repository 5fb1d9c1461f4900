"""Every input in every state: where it may lead, and where it must not."""

import pytest

from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.driving.state_table import INPUTS, outcome, rows, STATES, Trial

EVERY = [(state, what) for state in STATES for what in INPUTS]
CLAIMS = {'claim with a newer lease', 'idle of the lease holder'}
REFUSED = {
    'command of an older lease': 'old_epoch',
    'command with the epoch but not the lease': 'wrong_lease',
    'command with an old number': 'old_sequence',
    'command with a frame from the future': 'future',
    'the displayed video freezes for 0.6 s': 'video_late',
    'claim by video, press without a frame': 'no_video'}
BY_SIGHT = 'claim by direct sight, press without a frame'
TRIPS = {'deadman let go, sticks neutral', 'deadman let go, stick pushed',
         "command after a jump of the client's clock",
         'the displayed video freezes for 0.6 s', 'claim by video, press without a frame',
         'commands stop for 0.3 s'}
LOSSES = {'the robot is silent for 0.4 s', 'emergency stop not heard for 1.2 s',
          'a pendant takes the robot', 'another publisher', 'the arbiter stood still'}


def moves(trial: Trial) -> bool:
    return trial.authority.mode is Mode.POLICY or trial.authority.driving


@pytest.mark.parametrize(('state', 'what'), EVERY)
def test_nothing_moves_that_did_not_but_by_a_resume_or_a_press(state: str, what: str) -> None:
    before, after = STATES[state](), outcome(state, what)
    if moves(after) and not moves(before):
        press = before.authority.epoch and what in ('deadman pressed', "command after a jump of "
                                                    "the client's clock")
        assert press or what == BY_SIGHT or (state, what) == ('HOLD', 'resume')
    if after.authority.mode is Mode.POLICY:
        assert before.authority.mode is Mode.POLICY or (state, what) == ('HOLD', 'resume')


@pytest.mark.parametrize('what', INPUTS)
def test_stopped_is_left_by_a_resume_only_and_for_hold(what: str) -> None:
    mode = outcome('STOPPED', what).authority.mode
    assert mode is (Mode.HOLD if what == 'resume' else Mode.STOPPED)


@pytest.mark.parametrize('state', STATES)
@pytest.mark.parametrize('what', ['stop by anybody', 'emergency stop pressed'])
def test_a_stop_stops_in_every_state_and_ends_the_lease(state: str, what: str) -> None:
    after = outcome(state, what)
    assert (after.authority.mode, after.authority.epoch) == (Mode.STOPPED, 0)
    assert after.tell(Request.IDLE).refusal


@pytest.mark.parametrize('what', sorted(TRIPS | LOSSES))
def test_every_loss_lets_the_human_go_until_neutral_sticks_and_a_press(what: str) -> None:
    after = outcome('HUMAN', what)
    assert not moves(after)
    assert not moves(after.wait(0.1)), 'not by the commands that go on'


@pytest.mark.parametrize('what', sorted(LOSSES | {'the monitor alarms',
                                                  'the monitor is silent for 0.4 s'}))
def test_every_loss_holds_the_policy_and_nothing_brings_it_back(what: str) -> None:
    after = outcome('POLICY', what)
    assert after.authority.mode is Mode.HOLD
    after.verdict, after.pressed = True, False
    after.owner('flywheel').authority.competing('robot/cmd_vel', (), after.now)
    assert after.wait(5.0).authority.mode is Mode.HOLD


@pytest.mark.parametrize('state', ['HOLD, claimed', 'HUMAN', 'HUMAN, let go'])
@pytest.mark.parametrize('what', REFUSED)
def test_what_is_not_fresh_or_not_the_holders_is_refused_by_its_name(state: str,
                                                                     what: str) -> None:
    assert outcome(state, what).refusal == REFUSED[what]


@pytest.mark.parametrize('what', sorted(CLAIMS))
def test_a_claim_takes_the_robot_from_the_policy_and_drives_nothing(what: str) -> None:
    after = outcome('POLICY', what)
    assert after.authority.mode is Mode.HOLD
    assert after.authority.epoch


def test_the_table_has_every_cell() -> None:
    table = rows()
    assert [row[0] for row in table] == list(INPUTS)
    assert all(len(row) == 1 + len(STATES) and all(row) for row in table)
