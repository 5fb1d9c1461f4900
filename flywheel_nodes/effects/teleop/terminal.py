"""The terminal: keys without Enter, lines that are redrawn, all of it put back at the end."""

from collections.abc import Sequence
import contextlib
import os
import sys
import termios
import tty

from flywheel_nodes.core.drawing import coloured, Line, plain
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.screen import colours

# A screen of its own, no cursor, and no line that runs over into the next.
_ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J'
_LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
# Terminals that know it show what lies between at once; the others leave it aside.
_BEGIN, _END = '\x1b[?2026h', '\x1b[?2026l'
_CHARACTERS = 6  # where tcgetattr() keeps the special ones


class Terminal:
    """
    Standard input and output, while the with-block lasts.

    Ctrl-C still sends SIGINT; Ctrl-Z is a key, because who is asleep cannot let go of a robot.
    Whatever ends the block, the terminal is as it was before.
    """

    def __init__(self) -> None:
        """Take the terminal; raises ConfigError when there is none."""
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigError('a terminal is needed: run it in one, not through a pipe')
        self.fd = sys.stdin.fileno()
        self._before = termios.tcgetattr(self.fd)
        self._colours = colours(sys.stdout)
        self._shown: list[Line] = []
        self._size = (0, 0)

    def __enter__(self) -> 'Terminal':
        """Deliver each key at once, show none, and take a screen of its own."""
        tty.setcbreak(self.fd)
        changed = termios.tcgetattr(self.fd)
        changed[_CHARACTERS][termios.VSUSP] = b'\0'
        termios.tcsetattr(self.fd, termios.TCSANOW, changed)
        self._write(_ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        """Put everything back."""
        termios.tcsetattr(self.fd, termios.TCSADRAIN, self._before)
        self._write(_LEAVE)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows as they are now."""
        try:
            columns, rows = os.get_terminal_size(self.fd)
        except OSError:  # it is gone; read() will tell
            return 80, 24
        return columns or 80, rows or 24

    def read(self) -> str:
        """Return what was typed; '' when the terminal is gone."""
        try:
            return os.read(self.fd, 1024).decode(errors='replace')
        except OSError:
            return ''

    def draw(self, lines: Sequence[Line]) -> None:
        """Show lines from the top; only those that have changed are written."""
        clear = ''
        if self.size != self._size or len(lines) != len(self._shown):
            self._size, self._shown, clear = self.size, [()] * len(lines), '\x1b[2J'
        out = ''.join(self._row(number, line) for number, (line, old) in
                      enumerate(zip(lines, self._shown, strict=True), 1) if line != old)
        if clear or out:
            self._write(f'{_BEGIN}{clear}{out}{_END}')
        self._shown = list(lines)

    def _row(self, number: int, line: Line) -> str:
        # Behind the last column there is nothing to clear, and some would clear the last one.
        clear = '\x1b[K' if len(plain(line)) < self._size[0] else ''
        return f'\x1b[{number};1H{coloured(line) if self._colours else plain(line)}{clear}'

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal is gone; read() will tell
            sys.stdout.write(text)
            sys.stdout.flush()
