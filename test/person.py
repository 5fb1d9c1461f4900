"""Somebody at a real terminal (a pty) in which a command of ours runs."""

import codecs
from collections.abc import Callable
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

import pyte

TIMEOUT = 20.0
# A terminal sends Ctrl-C only to the session it controls.
RUN = ('import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); '
       'from flywheel_nodes.cli import main; sys.exit(main(sys.argv[1:]))')


class Person:
    """One command at one terminal; seen: all it was sent, text: what stands there now."""

    def __init__(self, args: list[str], env: dict[str, str], columns: int = 120,
                 rows: int = 40) -> None:
        self.fd, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.resize(columns, rows)
        self.seen = ''
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')
        self.process = subprocess.Popen(
            [sys.executable, '-c', RUN, *args], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True, env={**os.environ, **env})

    @property
    def text(self) -> str:
        return '\n'.join(line.rstrip() for line in self.screen.display)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def until(self, condition: Callable[[], object], what: str,
              each: Callable[[], None] = lambda: None) -> None:
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, f'not within {TIMEOUT:g} s: {what}\n{self.text}'
            each()
            if select.select([self.fd], [], [], 0.02)[0]:
                new = self.decoder.decode(os.read(self.fd, 65536))
                self.seen += new
                self.stream.feed(new)

    def sees(self, pattern: str) -> None:
        self.until(lambda: re.search(pattern, self.text), pattern)

    def leaves(self) -> int:
        self.until(lambda: self.process.poll() is not None, 'the end')
        self.until(lambda: not select.select([self.fd], [], [], 0.05)[0], 'the last words')
        for switched in ('1049', '25', '7'):
            assert self.seen.count(f'\x1b[?{switched}h') == self.seen.count(f'\x1b[?{switched}l')
        assert termios.tcgetattr(self.slave) == self.before
        return int(self.process.returncode)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)
        os.close(self.slave)
