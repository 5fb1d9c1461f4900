"""How far something long has come, in one line of a terminal."""

import time
from typing import TextIO

EVERY_S = 0.2
_WIDTH = 24


class Progress:
    """A bar on a terminal; silent on anything else."""

    def __init__(self, out: TextIO, total: float, unit: str = 's') -> None:
        """Begin; total: the whole in its unit, whole numbers of anything but s."""
        self._out = out
        self._on = out.isatty()
        self._total = total
        self._unit = unit
        self._digits = 1 if unit == 's' else 0
        self._shown = -EVERY_S

    def show(self, at: float, text: str) -> None:
        """Tell where it is; called as often as one likes."""
        now = time.monotonic()
        if not self._on or now - self._shown < EVERY_S:
            return
        self._shown = now
        part = min(1.0, max(0.0, at / self._total)) if self._total > 0.0 else 1.0
        bar = ('#' * round(part * _WIDTH)).ljust(_WIDTH, '.')
        self._out.write(f'\r[{bar}] {part:4.0%}  {at:.{self._digits}f} of '
                        f'{self._total:.{self._digits}f} {self._unit}  {text}\x1b[K')
        self._out.flush()

    def done(self) -> None:
        """Leave the line free for others."""
        if self._on:
            self._out.write('\r\x1b[K')
            self._out.flush()
