"""`flywheel operator` in a real terminal (a pty), against a real relay."""

from collections.abc import Callable, Iterator
from pathlib import Path
import re
import signal
import subprocess
import sys

import pytest

from flywheel_nodes.cli import main
from flywheel_nodes.core.control import Gate, Mode, Request
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.teleop.protocol import Ended, Scope
from test.effects.teleop.relay import Served, token
from test.effects.teleop.test_video_coder import compressed
from test.person import Person


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(lease_ttl=30.0) as made:  # no stall ends a lease
        yield made


@pytest.fixture
def person(served: Served) -> Iterator[Callable[..., Person]]:
    made: list[Person] = []

    def start(*args: str, scope: Scope = Scope.DRIVE, columns: int = 120,
              rows: int = 40) -> Person:
        made.append(Person(['operator', '--url', served.url, *args],
                           {'FLYWHEEL_TOKEN': token('ada', scope)}, columns, rows))
        made[-1].sees('connected to sim as ada')
        return made[-1]
    yield start
    for one in made:
        one.close()


@pytest.mark.parametrize(('args', 'sight', 'says'), [
    ((), 'direct', 'direct: drive only while you see the robot with your own eyes'),
    (('--sight', 'video'), 'video', 'video: this terminal shows none, so that you cannot drive')])
def test_a_claim_says_how_the_operator_sees_and_so_does_the_screen(
        args: tuple[str, ...], sight: str, says: str, served: Served,
        person: Callable[..., Person]) -> None:
    ada = person(*args)
    ada.sees(says)
    ada.type('t')
    ada.sees('yours: press w a s d')
    assert {command.sight for command in served.published} == {sight}


def test_a_request_for_help_says_that_there_is_a_picture(
        served: Served, person: Callable[..., Person]) -> None:
    ada = person()
    served.control(Mode.HOLD, Gate.MONITOR, reason='the monitor alarms: progress')
    ada.sees('the monitor alarms: progress · .* · h accepts')
    served.server.frame('front', compressed('.jpg'))
    ada.sees('with a picture')


def test_take_over_drive_release_and_quit(served: Served, person: Callable[..., Person]) -> None:
    ada = person('--speed', '0.4')
    served.control(Mode.HOLD, reason='the monitor alarms')
    ada.sees('HOLD +why: the monitor alarms\ndrives +nobody has taken over\nmonitor +unknown')
    ada.sees('limit +keys ask for 40%')
    ada.sees(r'latency +round trip \d+ ms')
    ada.type('t')
    ada.sees(r'\d\d:\d\d:\d\d yours: press w a s d to drive')
    ada.sees('drives +you, correction')
    ada.until(lambda: any(c.seq > 0 for c in served.published), 'neutral sticks')
    ada.until(lambda: len(served.driven()) > 5, 'driving', each=lambda: ada.type('wa'))
    assert dict(served.driven()[-1].axes) == {'vx': 0.4, 'wz': 0.4}
    ada.until(lambda: served.published[-1].request is Request.IDLE, 'the deadman released')
    ada.type('m')
    ada.sees('drives +you, recovery')
    ada.until(lambda: served.driven()[-1].axes == (('vx', -0.4),), 'driving back',
              each=lambda: ada.type('\x1b[B'))
    assert served.driven()[-1].phase == 'recovery'
    ada.type('r')
    ada.sees(r'why\? press a key\n  1:stuck')
    ada.type('1')
    ada.sees(r'outcome\? press a key\n  s:success')
    ada.type('s')
    ada.sees(r'note\? _\n  enter: release')
    ada.type('the kerb, q')
    ada.sees('the kerb, q_')
    ada.type('\n')
    ada.sees(r'\d released \(stuck, success\): press p to let the policy drive')
    ada.type('q')
    assert ada.leaves() == 0
    release = next(c for c in served.published if c.request is Request.RELEASE)
    assert (release.reason, release.outcome, release.note) == ('stuck', 'success', 'the kerb, q')


def test_space_stops_and_p_resumes(served: Served, person: Callable[..., Person]) -> None:
    ada = person()
    ada.type('t')
    ada.sees('drives +you')
    ada.type('r ')
    ada.until(lambda: Request.STOP in served.requests(), 'stop')
    ada.sees('lease ended: the robot was stopped')
    served.control(Mode.STOPPED)
    ada.sees('STOPPED')
    ada.type('t')
    ada.sees('yours, but stopped: press p to clear the stop')
    ada.type('p')
    ada.until(lambda: Request.RESUME in served.requests(), 'resume')
    ada.type('q')
    assert ada.leaves() == 0


@pytest.mark.parametrize('end', ['\x03', signal.SIGTERM, signal.SIGHUP])
def test_however_it_ends_the_lease_and_the_terminal_are_given_back(
        served: Served, person: Callable[..., Person], end: str | signal.Signals) -> None:
    ada = person()
    ada.type('t')
    ada.sees('drives +you')
    if isinstance(end, str):
        ada.type(end)
    else:
        ada.process.send_signal(end)
    assert ada.leaves() == 0
    release = next(c for c in served.published if c.request is Request.RELEASE)
    assert (release.reason, release.outcome, release.note) == (
        'other', 'unknown', 'the operator quit')
    ada.sees(r'\d released \(other, unknown\)')


def test_a_narrow_terminal_shows_all_that_matters(served: Served,
                                                  person: Callable[..., Person]) -> None:
    ada = person(columns=80, rows=24)
    ada.type('t')
    ada.sees('drives +you')
    served.control(Mode.HUMAN, Gate.DEADMAN, reason='ada drives, ' * 9)
    ada.sees('HUMAN +why: ada drives.*…\n')
    ada.sees('drives +you, correction · deadman: nobody drives: press w a s d')
    ada.sees('space STOP')
    ada.type('r')
    ada.sees('0:other\n  esc: back$')
    ada.type('w')
    ada.sees('w means nothing here')
    ada.type('\x1b')
    ada.sees('not released: the robot is still yours')
    assert 'latency' in ada.text and 'speed' in ada.text


def test_the_screen_follows_the_size_and_only_changes_are_sent(
        served: Served, person: Callable[..., Person]) -> None:
    ada = person(columns=120, rows=40)
    ada.sees('q quit$')
    ada.resize(80, 24)
    ada.until(lambda: len(ada.text.splitlines()) == 24 and ada.text.endswith('q quit'), 'keys')
    served.control(Mode.HOLD)
    ada.sees('HOLD')
    sent = len(ada.seen)
    served.control(Mode.POLICY)
    ada.sees('POLICY')
    assert '\x1b[2J' not in ada.seen[sent:]
    assert len(ada.seen) - sent < 1000


def test_who_holds_no_lease_is_asked_no_reason(person: Callable[..., Person]) -> None:
    ada = person()
    ada.type('rrr')
    ada.sees('you hold no lease: t takes over')
    ada.type('?')
    ada.sees('after a stop press it twice')
    assert ada.text.count('you hold no lease') == 1
    assert 'why?' not in ada.text


@pytest.mark.parametrize(('end', 'says'), [
    (Ended.ARBITER, 'lease ended: the arbiter ended it'),
    (Ended.CONNECTION_LOST, 'lease ended: the connection was lost')])
def test_an_end_of_the_lease_is_told_and_takes_the_question_away(
        served: Served, person: Callable[..., Person], end: Ended, says: str) -> None:
    ada = person()
    ada.type('tr')
    ada.sees(r'why\? press')
    ada.until(lambda: served.published, 'the claim')
    if end is Ended.ARBITER:
        served.control(Mode.HUMAN, epoch=served.published[-1].epoch)
        ada.sees('HUMAN')
        served.control(Mode.HOLD)
        ada.sees(r'\d\d:\d\d:\d\d ' + says)
        assert 'why? press' not in ada.text
    else:
        served.server.close()
        ada.until(lambda: says in ada.text, says)


def test_events_are_told_with_their_time(served: Served, person: Callable[..., Person]) -> None:
    ada = person()
    for name in (EventName.ESTOP_PRESSED, EventName.NODE_STARTED, EventName.ESTOP_RELEASED):
        served.server.tell(Event(name, f'this is {name}', 1))
    ada.sees(r'\d\d:\d\d:\d\d this is estop_pressed')
    ada.sees(r'\d\d:\d\d:\d\d this is estop_released')
    assert 'node_started' not in ada.text


def test_a_request_for_help_is_shown_and_accepted(served: Served,
                                                  person: Callable[..., Person]) -> None:
    ada = person(columns=80, rows=24)
    ada.sees('help +nobody is needed')
    ada.type('h')
    ada.sees('no request for help is waiting')
    served.control(Mode.HOLD, Gate.MONITOR, reason='the monitor alarms: progress')
    ada.sees('help +the monitor alarms: progress · .* ago · h accepts, x dismisses')
    ada.type('h')
    ada.sees('help +the monitor alarms: progress · .* ago · ada takes care')
    ada.type('x')
    ada.sees('help +nobody is needed')


def test_text_of_others_sends_nothing_to_the_terminal(served: Served,
                                                      person: Callable[..., Person]) -> None:
    ada = person()
    served.server.tell(Event(EventName.ROBOT_FAULT, 'hot\x1b[2J\nfault', 1))
    served.control(Mode.HOLD, reason='bad\x1b]0;owned\x07reason')
    ada.sees('why: bad ]0;owned reason')
    ada.sees('hot .2J fault')


def test_a_viewer_is_told_what_it_may_not(person: Callable[..., Person]) -> None:
    eve = person(scope=Scope.VIEW)
    eve.type('t')
    eve.sees(r'claim: refused by the relay \(scope\)')
    eve.type('q')
    assert eve.leaves() == 0


def test_a_lost_relay_is_one_line_and_code_2(served: Served,
                                             person: Callable[..., Person]) -> None:
    ada = person()
    served.server.close()
    assert ada.leaves() == 2
    ada.sees('flywheel operator: the connection to the relay is gone')


def test_without_a_terminal(served: Served) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'operator', '--url', served.url],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == ('flywheel operator: a terminal is needed: run it in one, not through '
                           'a pipe\n')


def test_no_relay_on_this_data_directory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'flywheel_nodes.cli', 'operator', '--data-dir', str(tmp_path)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'no relay runs on' in done.stderr


@pytest.mark.parametrize(('content', 'says'), [
    (None, 'No such file or directory'), (b'\xff\xfe', 'this is no token')])
def test_an_unreadable_token_file(served: Served, tmp_path: Path, content: bytes | None,
                                  says: str) -> None:
    file = tmp_path / 'token'
    if content is not None:
        file.write_bytes(content)
    ada = Person(['operator', '--url', served.url, '--token-file', str(file)], {}, columns=400)
    assert ada.leaves() == 2
    ada.sees(re.escape(f'flywheel operator: {file}: {says}\n'))
    ada.close()


def test_a_speed_out_of_range(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match='2'):
        main(['operator', '--speed', '2'])
    assert "argument --speed: '2': give a number above 0 up to 1" in capsys.readouterr().err
