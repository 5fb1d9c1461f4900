"""
What the middleware writes on standard error by itself, past every log of ours.

Fast DDS tells of segments of shared memory that others left behind as if they were errors of who
joins a bus. Nothing else is kept back, and nothing at all when we fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import re
import sys
import tempfile
from typing import BinaryIO

STDERR = 2
_COLOURS = re.compile(rb'\x1b\[[0-9;]*m')
_NOISE = re.compile(rb'\[(?:RTPS|DDS|SHM|XML)[A-Z_]* +(?:Error|Warning)\]')


@contextmanager
def hushed() -> Iterator[None]:
    """Keep standard error back meanwhile; afterwards give out what is not the middleware's."""
    sys.stderr.flush()
    before = os.dup(STDERR)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), STDERR)
            failed = True
            try:
                yield
                failed = False
            finally:
                sys.stderr.flush()
                os.dup2(before, STDERR)
                _give_out(file, failed)
    finally:
        os.close(before)


def _give_out(file: BinaryIO, everything: bool) -> None:
    file.seek(0)
    for line in file:
        if everything or not is_noise(line):
            os.write(STDERR, line)


def is_noise(line: bytes) -> bool:
    """Say whether a line is the middleware's own."""
    return _NOISE.search(_COLOURS.sub(b'', line)) is not None
