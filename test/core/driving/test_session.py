"""The deadman is a state: driving begins neutral, and a trip needs neutral again."""

from dataclasses import replace
from functools import partial

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Request, Sight, TeleopCommand
from flywheel_nodes.core.driving.session import Refusal, Session


def drive(seq: int, deadman: bool, vx: float, t_client: int = 0) -> TeleopCommand:
    return TeleopCommand(Request.DRIVE, 'ada', 'lease', 1, seq, deadman, t_client,
                         axes=(('vx', vx),))


def begun() -> Session:
    return Session(drive(0, False, 0.0), lambda *_: None)


def test_a_press_without_a_neutral_command_before_moves_nothing() -> None:
    session = begun()
    assert session.pressed(0, 1.0) is Refusal.NEUTRAL_NEEDED
    assert not session.driving
    session.released(drive(1, False, 0.0))
    assert session.pressed(0, 1.0) is Refusal.NONE
    assert session.driving


def test_letting_go_while_steering_is_a_trip_and_wants_neutral_sticks() -> None:
    session = begun()
    session.released(drive(1, False, 0.0))
    session.pressed(0, 1.0)
    assert session.released(drive(2, False, 0.5))
    assert session.pressed(0, 1.0) is Refusal.NEUTRAL_NEEDED
    assert not session.released(drive(3, False, 0.5))
    assert session.pressed(0, 1.0) is Refusal.NEUTRAL_NEEDED
    session.released(drive(4, False, 0.0))
    assert session.pressed(0, 1.0) is Refusal.NONE


@given(st.lists(st.integers(0, 20), min_size=1))
def test_sequence_numbers_only_grow(numbers: list[int]) -> None:
    session, accepted = begun(), []
    for number in numbers:
        if session.accept(drive(number, True, 0.0), 0, 10.0) is Refusal.NONE:
            accepted.append(number)
    assert accepted == sorted(set(accepted))
    assert numbers[0] == accepted[0]


def test_a_command_that_queued_up_is_late_whatever_the_clients_clock_says() -> None:
    session, offset = begun(), 10**15
    assert session.accept(drive(1, True, 0.0, offset), SECOND, 0.15) is Refusal.NONE
    late = drive(2, True, 0.0, offset + SECOND // 50)
    assert session.accept(late, SECOND + SECOND // 2, 0.15) is Refusal.LATE


def test_a_press_that_queued_up_is_no_fresh_press() -> None:
    session, config, held = begun(), ArbiterConfig(direct_sight=True), {'sight': Sight.DIRECT}
    session.sight = Sight.DIRECT
    told = partial(replace, **held)
    session.drive(told(drive(1, False, 0.0, 0)), SECOND, config, False)
    assert session.drive(told(drive(2, True, 0.5, SECOND)), 2 * SECOND, config,
                         False) is Refusal.NONE
    # the network hangs, the operator lets go and presses on, and all of it comes at once
    now = 5 * SECOND
    session.watch(now, 0.2)
    session.rested(3)
    assert session.drive(told(drive(4, True, 0.5, 3 * SECOND)), now, config,
                         False) is Refusal.LATE
    assert session.drive(told(drive(5, True, 0.5, 4 * SECOND)), now, config,
                         False) is Refusal.NEUTRAL_NEEDED
    assert not session.driving
    session.rested(6)
    assert session.drive(told(drive(7, True, 0.5, 4 * SECOND)), now, config,
                         False) is Refusal.NONE


def test_silence_is_noticed() -> None:
    session = begun()
    session.released(drive(1, False, 0.0))
    session.pressed(SECOND, 1.0)
    assert not session.overdue(SECOND + SECOND // 10, 0.2)
    assert session.overdue(SECOND + SECOND // 4, 0.2)


def test_after_the_last_number_nothing_is_taken_any_more() -> None:
    session, last = begun(), (1 << 63) - 1
    assert session.accept(drive(last, True, 0.0), 0, 10.0) is Refusal.NONE
    for number in (0, 1, last - 1, last):
        assert session.accept(drive(number, True, 0.0), 0, 10.0) is Refusal.OLD_SEQUENCE


@pytest.mark.parametrize('jump_s', [-5, 5])
def test_a_client_whose_clock_jumps_begins_anew_with_neutral_sticks(jump_s: int) -> None:
    session, now = begun(), 100 * SECOND
    session.released(drive(1, False, 0.0))
    assert session.accept(drive(2, True, 0.5, now), now, 0.15) is Refusal.NONE
    assert session.pressed(now, 1.0) is Refusal.NONE
    jumped = now + jump_s * SECOND
    assert session.accept(drive(3, True, 0.5, jumped), now, 0.15) is Refusal.CLOCK_JUMPED
    assert not session.driving
    assert session.accept(drive(4, True, 0.5, jumped), now, 0.15) is Refusal.NONE
    assert session.pressed(now, 1.0) is Refusal.NEUTRAL_NEEDED
    session.released(drive(5, False, 0.0))
    assert session.pressed(now, 1.0) is Refusal.NONE


def test_a_frame_from_the_future_is_refused() -> None:
    session = begun()
    command = replace(drive(1, True, 0.0), seen_ns=9 * SECOND)
    assert session.accept(command, SECOND, 0.15) is Refusal.FUTURE


def test_an_overtaken_word_of_rest_lets_go_but_arms_nothing() -> None:
    session = begun()
    session.accept(drive(7, True, 0.5), 0, 10.0)
    session.rested(3)
    assert session.pressed(0, 1.0) is Refusal.NEUTRAL_NEEDED
    session.rested(8)
    assert session.pressed(0, 1.0) is Refusal.NONE
    assert session.accept(drive(8, True, 0.5), 0, 10.0) is Refusal.OLD_SEQUENCE
