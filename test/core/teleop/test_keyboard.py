"""Keys drive only while they repeat; stop and quit work at any time."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.teleop.keyboard import Act, HOLD_NS, Keyboard, keys


def test_what_the_terminal_sends() -> None:
    assert keys('w\x1b[A\x1bOD ') == ['w', 'w', 'a', ' ']
    assert keys('\x1b') == ['\x1b']


@given(st.text(max_size=50))
def test_any_text_gives_keys(text: str) -> None:
    board = Keyboard(0.5)
    for key in keys(text):
        board.press(key, 0)
    assert all(abs(share) <= 1.0 for share in board.axes(0).values())


def test_a_drive_key_holds_until_it_stops_repeating() -> None:
    board = Keyboard(0.5)
    assert board.press('w', 0) is None
    assert board.axes(HOLD_NS - 1) == {'vx': 0.5}
    board.press('w', HOLD_NS - 1)
    assert board.axes(HOLD_NS) == {'vx': 0.5}
    assert board.axes(2 * HOLD_NS) == {}


def test_keys_add_up() -> None:
    board = Keyboard(0.5)
    for key in 'wd':
        board.press(key, 0)
    assert board.axes(1) == {'vx': 0.5, 'wz': -0.5}
    board.press('s', 1)
    assert board.axes(2)['vx'] == 0.0


@pytest.mark.parametrize(('key', 'act'), [
    ('t', Act.TAKE_OVER), (' ', Act.STOP), ('p', Act.RESUME), ('q', Act.QUIT), ('x', None)])
def test_acts(key: str, act: Act | None) -> None:
    assert Keyboard(0.5).press(key, 0) is act


def test_release_asks_for_reason_and_outcome() -> None:
    board = Keyboard(0.5)
    board.press('w', 0)
    assert board.press('r', 1) is Act.LET_GO
    assert board.axes(1) == {}
    assert '1:stuck' in board.prompt
    assert board.press('w', 2) is None
    assert board.press('2', 3) is None
    assert 's:success' in board.prompt
    assert board.press('s', 4) is Act.RELEASE
    assert (board.reason, board.outcome, board.prompt) == (
        Reason.COLLISION_RISK, Outcome.SUCCESS, '')
    assert board.axes(5) == {}


def test_a_stop_ends_the_question_and_escape_takes_it_back() -> None:
    board = Keyboard(0.5)
    for end in (' ', '\x1b'):
        board.press('r', 0)
        board.press(end, 1)
        assert board.prompt == ''


def test_mark_toggles_the_phase() -> None:
    board = Keyboard(0.5)
    board.press('m', 0)
    assert board.phase is Phase.RECOVERY
    board.press('m', 0)
    assert board.phase is Phase.CORRECTION
