"""The terminal: keys without Enter, one line that is redrawn, all of it put back at the end."""

import os
import sys
import termios
import tty

from flywheel_nodes.core.errors import ConfigError

_CLEAR = '\r\x1b[2K'


class Terminal:
    """
    Standard input and output, while the with-block lasts.

    Ctrl-C still sends SIGINT. Whatever ends the block, the terminal is as it was before.
    """

    def __init__(self) -> None:
        """Take the terminal; raises ConfigError when there is none."""
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigError('a terminal is needed: run it in one, not through a pipe')
        self.fd = sys.stdin.fileno()
        self._shown = ''
        self._before = termios.tcgetattr(self.fd)

    def __enter__(self) -> 'Terminal':
        """Deliver each key at once and show none."""
        tty.setcbreak(self.fd)
        return self

    def __exit__(self, *_: object) -> None:
        """Put everything back."""
        termios.tcsetattr(self.fd, termios.TCSADRAIN, self._before)
        sys.stdout.write('\n')
        sys.stdout.flush()

    def read(self) -> str:
        """Return what was typed; '' when the terminal is gone."""
        try:
            return os.read(self.fd, 1024).decode(errors='replace')
        except OSError:
            return ''

    def status(self, line: str) -> None:
        """Redraw the status line, cut to the terminal's width."""
        width = os.get_terminal_size(self.fd).columns
        cut = line if len(line) < width or width < 2 else f'{line[:width - 2]}…'
        if cut != self._shown:
            self._shown = cut
            sys.stdout.write(_CLEAR + cut)
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """Print one line or more above the status line."""
        self._shown = ''
        sys.stdout.write(f'{_CLEAR}{text}\n')
        sys.stdout.flush()
