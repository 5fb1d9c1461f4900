"""Keys drive only while they repeat; stop and quit work at any time."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.events import Outcome, Phase, Reason
from flywheel_nodes.core.teleop.keyboard import (
    Act,
    HOLD_NS,
    Keyboard,
    KEYS,
    keys,
    LONGEST_NOTE,
    MORE,
    NO_LEASE,
)


def held() -> Keyboard:
    board = Keyboard(0.5)
    board.lease(True)
    return board


def test_what_the_terminal_sends() -> None:
    assert keys('w\x1b[A\x1bOD ') == ['w', 'w', 'a', ' ']
    assert keys('\x1b') == ['\x1b']
    assert keys('\x1b[5~\x1b[1;5Cq\n') == ['\x1b[5~', '\x1b[1;5C', 'q', '\n']


@given(st.text(max_size=50))
def test_any_text_gives_keys(text: str) -> None:
    board = held()
    for key in keys(text):
        board.press(key, 0)
    assert all(abs(share) <= 1.0 for share in board.axes(0).values())


def test_a_drive_key_holds_until_it_stops_repeating() -> None:
    board = held()
    assert board.press('w', 0) is None
    assert board.axes(HOLD_NS - 1) == {'vx': 0.5}
    board.press('w', HOLD_NS - 1)
    assert board.axes(HOLD_NS) == {'vx': 0.5}
    assert board.axes(2 * HOLD_NS) == {}


def test_keys_add_up() -> None:
    board = held()
    for key in 'wd':
        board.press(key, 0)
    assert board.axes(1) == {'vx': 0.5, 'wz': -0.5}
    board.press('s', 1)
    assert board.axes(2)['vx'] == 0.0


@pytest.mark.parametrize(('key', 'act'), [
    ('t', Act.TAKE_OVER), (' ', Act.STOP), ('p', Act.RESUME), ('q', Act.QUIT),
    ('?', Act.HELP), ('h', Act.ACCEPT), ('x', Act.DISMISS),
    ('T', Act.TAKE), ('z', None)])
def test_acts(key: str, act: Act | None) -> None:
    assert Keyboard(0.5).press(key, 0) is act


def test_release_asks_for_reason_and_outcome() -> None:
    board = held()
    board.press('w', 0)
    assert board.press('r', 1) is Act.LET_GO
    assert board.axes(1) == {}
    assert '1:stuck' in board.prompt
    assert board.press('w', 2) is None
    assert board.press('2', 3) is None
    assert 's:success' in board.prompt
    assert board.press('s', 4) is None
    assert board.typing
    for key in 'a p':
        assert board.press(key, 5) is None
    board.press('\x1b[5~', 5)
    board.press('\x7f', 5)
    assert board.prompt.startswith('note? a _\n')
    assert board.press('\n', 6) is Act.RELEASE
    assert (board.reason, board.outcome, board.note, board.prompt) == (
        Reason.COLLISION_RISK, Outcome.SUCCESS, 'a ', '')
    assert board.axes(7) == {}


def test_a_note_can_be_left_and_is_bounded() -> None:
    board = held()
    for key in 'r1s':
        board.press(key, 0)
    for _ in range(LONGEST_NOTE + 5):
        board.press('x', 0)
    assert board.note == 'x' * LONGEST_NOTE
    assert board.press('\x03', 0) is Act.QUIT
    for key in 'r1s':
        board.press(key, 0)
    assert board.note == ''
    board.press('\x1b', 0)
    assert not board.typing
    assert board.press(' ', 0) is Act.STOP


def test_a_stop_ends_the_question_and_escape_takes_it_back() -> None:
    board = held()
    for end in (' ', '\x1b'):
        board.press('r', 0)
        board.press(end, 1)
        assert board.prompt == ''


def test_questions_and_help_fit_a_narrow_terminal() -> None:
    board = held()
    board.press('r', 0)
    why = board.prompt
    board.press('0', 0)
    for text, words in ((why, Reason), (board.prompt, Outcome)):
        assert all(f':{word}' in text for word in words)
        assert text.endswith('esc: back')
    lines = [*why.splitlines(), *board.prompt.splitlines(), *KEYS, *MORE]
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(('pressed', 'key', 'says'), [
    ('', 'z', 'z means nothing here; ? shows the keys'),
    ('', '\x1b[5~', 'that key means nothing'), ('', '\n', 'enter means nothing'),
    ('r', 'w', 'w means nothing here: press one of the keys above, or esc'),
    ('r', '\x1b', 'still yours'), ('r', '1', ''), ('', 'w', ''), ('', '\x1b', '')])
def test_a_key_that_does_nothing_is_told_why(pressed: str, key: str, says: str) -> None:
    board = held()
    for before in pressed:
        board.press(before, 0)
    board.press(key, 0)
    assert says in board.hint
    assert bool(says) == bool(board.hint)


@pytest.mark.parametrize('key', 'wasdrm')
def test_who_holds_no_lease_is_told_so_and_asked_nothing(key: str) -> None:
    board = Keyboard(0.5)
    assert board.press(key, 0) is None
    assert (board.hint, board.prompt, board.axes(0), board.phase) == (
        NO_LEASE, '', {}, Phase.CORRECTION)


def test_the_end_of_the_lease_ends_the_question_and_the_next_begins_unmarked() -> None:
    board = held()
    board.press('m', 0)
    board.press('r', 0)
    board.lease(False)
    assert board.prompt == ''
    board.lease(True)
    assert board.phase is Phase.CORRECTION


def test_mark_toggles_the_phase() -> None:
    board = held()
    board.press('m', 0)
    assert board.phase is Phase.RECOVERY
    board.press('m', 0)
    assert board.phase is Phase.CORRECTION
