"""The deadman is a state: driving begins neutral, and a trip needs neutral again."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Request, TeleopCommand
from flywheel_nodes.core.driving.session import Refusal, Session


def drive(seq: int, deadman: bool, vx: float, t_client: int = 0) -> TeleopCommand:
    return TeleopCommand(Request.DRIVE, 'ada', 'lease', 1, seq, deadman, t_client,
                         axes=(('vx', vx),))


def test_a_press_without_a_neutral_command_before_moves_nothing() -> None:
    session = Session(drive(0, True, 0.5))
    assert session.pressed(0) is Refusal.NEUTRAL_NEEDED
    assert not session.driving
    session.released(drive(1, False, 0.0))
    assert session.pressed(0) is Refusal.NONE
    assert session.driving


def test_letting_go_while_steering_is_a_trip_and_wants_neutral_sticks() -> None:
    session = Session(drive(0, False, 0.0))
    session.released(drive(1, False, 0.0))
    session.pressed(0)
    assert session.released(drive(2, False, 0.5))
    assert session.pressed(0) is Refusal.NEUTRAL_NEEDED
    assert not session.released(drive(3, False, 0.5))
    assert session.pressed(0) is Refusal.NEUTRAL_NEEDED
    session.released(drive(4, False, 0.0))
    assert session.pressed(0) is Refusal.NONE


@given(st.lists(st.integers(0, 20), min_size=1))
def test_sequence_numbers_only_grow(numbers: list[int]) -> None:
    session, accepted = Session(drive(0, False, 0.0)), []
    for number in numbers:
        if session.accept(drive(number, True, 0.0), 0, 10.0) is Refusal.NONE:
            accepted.append(number)
    assert accepted == sorted(set(accepted))
    assert numbers[0] == accepted[0]


def test_a_command_that_queued_up_is_late_whatever_the_clients_clock_says() -> None:
    session, offset = Session(drive(0, False, 0.0)), 10**15
    assert session.accept(drive(1, True, 0.0, offset), SECOND, 0.15) is Refusal.NONE
    late = drive(2, True, 0.0, offset + SECOND // 50)
    assert session.accept(late, SECOND + SECOND // 2, 0.15) is Refusal.LATE


def test_silence_is_noticed() -> None:
    session = Session(drive(0, False, 0.0))
    session.released(drive(1, False, 0.0))
    session.pressed(SECOND)
    assert not session.overdue(SECOND + SECOND // 10, 0.2)
    assert session.overdue(SECOND + SECOND // 4, 0.2)
