"""What the terminal behind a stream can show."""

from collections.abc import Mapping
import os
import shutil
from typing import TextIO

NARROWEST, WIDEST = 60, 160
BLOCKS = '▁█░▒·…▲'


def columns() -> int:
    """Return how wide lines may be: COLUMNS, or that of the terminal, or 80."""
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((80, 24)).columns))


def blocks(out: TextIO) -> bool:
    """Tell whether a stream takes block characters."""
    try:
        BLOCKS.encode(out.encoding or 'ascii')
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def colours(out: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether to colour: on a terminal, unless NO_COLOR is set."""
    return out.isatty() and not environ.get('NO_COLOR') and environ.get('TERM') != 'dumb'
