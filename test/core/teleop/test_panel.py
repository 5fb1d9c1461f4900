"""The operator's terminal, as lines."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, Mode, Sight
from flywheel_nodes.core.drawing import plain
from flywheel_nodes.core.teleop.answers import CameraLatency, HelpRequest, State
from flywheel_nodes.core.teleop.keyboard import Keyboard, KEYS
from flywheel_nodes.core.teleop.panel import GATES, panel, Shown

STATE = State(mode='human', gate='none', reason='ada drives', monitor='ok', vx=0.31, vy=0.0,
              wz=-0.08, cap=1.0, holder='ada', time_ns=100 * SECOND)
SHOWN = Shown('sim', 'ada', 'drive', STATE, phase='correction', round_trip_s=0.012,
              clock='12:00:00')
HELP = HelpRequest(id='h', reason='monitor', sentence='the monitor alarms', time_ns=88 * SECOND)
FRONT = CameraLatency(camera='front', frame='7', age_ms=180.4, network_ms=120.0, relay_ms=10.0,
                      encode_ms=5.0, display_ms=45.4, error_ms=3.0)


def row(shown: Shown, label: str, width: int = 120) -> str:
    return next(text for text in map(plain, panel(shown, width, 24)) if text.startswith(label))


def test_what_is_so() -> None:
    texts = [plain(line) for line in panel(SHOWN, 80, 24)]
    assert texts[0] == f'flywheel  sim  ada (drive){" " * 46}12:00:00'
    assert texts[1:9] == [
        'HUMAN    why: ada drives', 'drives   you, correction', 'monitor  ok',
        'speed    +0.31 m/s  -0.08 rad/s',
        'sight    direct: drive only while you see the robot with your own eyes',
        'limit    keys ask for 50%',
        'latency  round trip 12 ms', 'help     nobody is needed']
    assert texts[-2:] == list(KEYS)


def state(**more: object) -> Shown:
    return replace(SHOWN, state=replace(STATE, **more))


@pytest.mark.parametrize(('shown', 'label', 'says'), [
    (Shown('sim', 'ada', 'view', State()), 'UNKNOWN', 'UNKNOWN  '),
    (replace(SHOWN, phase=''), 'drives', 'drives   ada'),
    (replace(state(gate='deadman'), phase=''), 'drives', 'drives   ada · deadman'),
    (state(gate='deadman'), 'drives',
     'drives   you, correction · deadman: nobody drives: press w a s d'),
    (state(gate='weather'), 'drives', 'drives   you, correction · weather'),
    (replace(state(holder=''), phase=''), 'drives', 'drives   nobody has taken over'),
    (state(monitor='alarm', alarms=('progress', 'seam')), 'monitor',
     'monitor  alarm: progress, seam'),
    (state(vx=None), 'speed', 'speed    unknown'),
    (state(vy=-0.2), 'speed', 'speed    +0.31 m/s  -0.20 m/s aside  -0.08 rad/s'),
    (state(cap=0.8, frame_age=0.25), 'limit',
     'limit    keys ask for 50%, capped at 80%: the picture is 250 ms old'),
    (state(cap=0.0), 'limit',
     'limit    keys ask for 50%, capped at 0%: no camera frame is on display'),
    (replace(SHOWN, round_trip_s=None), 'latency', 'latency  round trip unknown'),
    (replace(SHOWN, cameras=(FRONT,)), 'latency',
     'latency  round trip 12 ms · front 180 ms = network 120 + relay 10 + encode 5 '
     '+ display 45'),
    (replace(SHOWN, help=(HELP,)), 'help',
     'help     the monitor alarms · 12 seconds ago · h accepts, x dismisses'),
    (replace(SHOWN, help=(replace(HELP, picture=True),)), 'help',
     'help     the monitor alarms · 12 seconds ago · with a picture · h accepts, x dismisses'),
    (state(mode='hold', gate='direct_sight'), 'drives',
     'drives   you, correction · direct_sight: this robot is driven by camera only'),
    (state(mode='hold', gate='no_video'), 'drives',
     'drives   you, correction · no_video: you claimed by video and watch none'),
    (state(mode='hold', gate='human'), 'drives', 'drives   you, correction'),
    (replace(SHOWN, sight=Sight.VIDEO), 'sight',
     'sight    video: this terminal shows none, so that you cannot drive from here'),
    (replace(SHOWN, help=(replace(HELP, operator='bob'),)), 'help',
     'help     the monitor alarms · 12 seconds ago · bob takes care'),
])
def test_rows(shown: Shown, label: str, says: str) -> None:
    assert row(shown, label) == says


def test_the_newest_of_what_happened_is_what_is_left() -> None:
    texts = [plain(line) for line in panel(
        replace(SHOWN, log=tuple(f'{i:02} {"x" * 90}' for i in range(50))), 80, 24)]
    assert texts[-4].strip('x ') == ''
    assert texts[-5].startswith('49 xxx')


def test_a_question_takes_the_place_of_the_keys() -> None:
    board = Keyboard(0.5)
    board.lease(True)
    board.press('r', 0)
    texts = [plain(line) for line in panel(replace(SHOWN, prompt=board.prompt), 80, 24)]
    assert texts[-5:] == board.prompt.splitlines()
    assert len(texts) == 24


@pytest.mark.parametrize('gate', GATES)
def test_advice_fits_beside_the_gate(gate: Gate) -> None:
    assert '…' not in row(state(gate=str(gate)), 'drives', 80)


TEXT = st.text(max_size=120)


@given(st.builds(
    Shown, TEXT, TEXT, TEXT, st.builds(
        State, mode=st.sampled_from(Mode).map(str) | TEXT, gate=TEXT, reason=TEXT, holder=TEXT,
        alarms=st.lists(TEXT, max_size=3).map(tuple)),
    help=st.lists(st.builds(HelpRequest, id=TEXT, reason=TEXT, sentence=TEXT,
                            time_ns=st.integers(0, 1 << 62)), max_size=3),
    log=st.lists(TEXT, max_size=30), prompt=TEXT), st.integers(1, 200), st.integers(1, 60))
def test_it_always_fits(shown: Shown, width: int, height: int) -> None:
    lines = panel(shown, width, height)
    assert len(lines) == height
    for line in lines:
        assert len(plain(line)) <= width
        assert plain(line).isprintable()
