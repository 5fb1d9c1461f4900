"""Standard error of a process, as others get to read it."""

import subprocess
import sys

import pytest

from flywheel_nodes.effects.middleware_noise import is_noise

NOISE = ('2026-11-22 12:00:00.123 [RTPS_TRANSPORT_SHM Error] Failed init_port fastdds_port7413: '
         'open_and_lock_port -> Function open_and_lock_port')
PROGRAM = """
import os, sys
from flywheel_nodes.effects.middleware_noise import hushed
os.write(2, b'before\\n')
with hushed():
    os.write(2, sys.argv[1].encode() + b'\\n')
    print('[WARN] ours', file=sys.stderr)
    if sys.argv[2] == 'fail':
        raise OSError('gone')
os.write(2, b'after\\n')
"""


def said(how: str) -> str:
    return subprocess.run([sys.executable, '-c', PROGRAM, NOISE, how], text=True,
                          capture_output=True, check=False).stderr


def test_the_middlewares_lines_alone_are_left_out() -> None:
    assert said('end') == 'before\n[WARN] ours\nafter\n'


def test_who_fails_says_everything() -> None:
    err = said('fail')
    assert NOISE in err and '[WARN] ours' in err and 'OSError: gone' in err


@pytest.mark.parametrize(('line', 'noise'), [
    (NOISE.encode(), True), (b'[\x1b[31;1mRTPS_MSG_OUT \x1b[31;1mError\x1b[37;1m] x', True),
    (b'[XMLPARSER Error] x', True), (b'[ERROR] [1795349602.5] [r1.doctor]: RTPS', False),
    (b'Traceback (most recent call last):', False), (b'\xff', False), (b'', False)])
def test_what_is_the_middlewares(line: bytes, noise: bool) -> None:
    assert is_noise(line) is noise
