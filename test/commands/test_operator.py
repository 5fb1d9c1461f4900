"""`flywheel operator` in a real terminal (a pty), against a real relay."""

from collections.abc import Callable, Iterator
import fcntl
import os
from pathlib import Path
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

from flywheel_nodes.core.control import Mode, Request
from flywheel_nodes.core.teleop.protocol import Scope
from test.effects.teleop.relay import Served, TIMEOUT, token

# A terminal sends Ctrl-C only to the session it controls.
RUN = ('import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); '
       'from flywheel_nodes.cli import main; sys.exit(main(["operator", *sys.argv[1:]]))')


class Person:
    """Somebody at a terminal."""

    def __init__(self, args: list[str], env: dict[str, str]) -> None:
        self.fd, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 200, 0, 0))
        self.seen = ''
        self.process = subprocess.Popen(
            [sys.executable, '-c', RUN, *args], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True, env={**os.environ, **env})

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def until(self, condition: Callable[[], object], what: str,
              each: Callable[[], None] = lambda: None) -> None:
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, f'not within {TIMEOUT:g} s: {what}\n{self.seen[-2000:]}'
            each()
            if select.select([self.fd], [], [], 0.02)[0]:
                self.seen += os.read(self.fd, 65536).decode(errors='replace')

    def sees(self, pattern: str) -> None:
        self.until(lambda: re.search(pattern, self.seen), pattern)

    def leaves(self) -> int:
        self.until(lambda: self.process.poll() is not None, 'the end')
        assert termios.tcgetattr(self.slave) == self.before
        return int(self.process.returncode)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)
        os.close(self.slave)


@pytest.fixture
def served() -> Iterator[Served]:
    with Served() as made:
        yield made


@pytest.fixture
def person(served: Served) -> Iterator[Callable[..., Person]]:
    made: list[Person] = []

    def start(*args: str, scope: Scope = Scope.DRIVE) -> Person:
        made.append(Person(['--url', served.url, *args],
                           {'FLYWHEEL_TOKEN': token('ada', scope)}))
        made[-1].sees('connected to sim as ada')
        return made[-1]
    yield start
    for one in made:
        one.close()


def test_take_over_drive_release_and_quit(served: Served, person: Callable[..., Person]) -> None:
    ada = person('--speed', '0.4')
    served.control(Mode.HOLD, reason='the monitor alarms')
    ada.sees('HOLD · none · the monitor alarms .* lease free')
    ada.type('t')
    ada.sees('lease yours')
    ada.until(lambda: len(served.driven()) > 5, 'driving', each=lambda: ada.type('wa'))
    assert dict(served.driven()[-1].axes) == {'vx': 0.4, 'wz': 0.4}
    ada.until(lambda: served.published[-1].request is Request.IDLE, 'the deadman released')
    ada.type('m')
    ada.until(lambda: served.driven()[-1].axes == (('vx', -0.4),), 'driving back',
              each=lambda: ada.type('\x1b[B'))
    assert served.driven()[-1].phase == 'recovery'
    ada.type('r')
    ada.sees('why.* 1:stuck')
    ada.type('1')
    ada.sees('outcome.* s:success')
    ada.type('s')
    ada.until(lambda: Request.RELEASE in served.requests(), 'release')
    ada.type('q')
    assert ada.leaves() == 0
    release = next(c for c in served.published if c.request is Request.RELEASE)
    assert (release.reason, release.outcome) == ('stuck', 'success')


def test_space_stops_and_p_resumes(served: Served, person: Callable[..., Person]) -> None:
    ada = person()
    ada.type('t')
    ada.sees('lease yours')
    ada.type('r ')
    ada.until(lambda: Request.STOP in served.requests(), 'stop')
    ada.sees('lease free')
    served.control(Mode.STOPPED)
    ada.type('p')
    ada.until(lambda: Request.RESUME in served.requests(), 'resume')
    ada.type('q')
    assert ada.leaves() == 0


@pytest.mark.parametrize('end', ['\x03', signal.SIGTERM, signal.SIGHUP])
def test_however_it_ends_the_lease_and_the_terminal_are_given_back(
        served: Served, person: Callable[..., Person], end: str | signal.Signals) -> None:
    ada = person()
    ada.type('t')
    ada.sees('lease yours')
    if isinstance(end, str):
        ada.type(end)
    else:
        ada.process.send_signal(end)
    assert ada.leaves() == 0
    release = next(c for c in served.published if c.request is Request.RELEASE)
    assert release.note == 'the operator quit'


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
