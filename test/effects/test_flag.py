"""Signals that come at any moment set it, and never stop the program for good."""

import subprocess
import sys
import time

from flywheel_nodes.effects.flag import Flag

STORM = """
import signal
from flywheel_nodes.effects.flag import Flag
flags = [Flag()]
signal.signal(signal.SIGALRM, lambda *_: flags[0].set())
signal.setitimer(signal.ITIMER_REAL, 3e-4, 3e-4)
heard = 0
for _ in range(20_000):
    flags[0] = Flag()
    heard += flags[0].wait(2e-5)
signal.setitimer(signal.ITIMER_REAL, 0)
print(heard)
"""


def test_a_storm_of_signals_is_heard_and_ends() -> None:
    done = subprocess.run([sys.executable, '-c', STORM], capture_output=True, text=True,
                          timeout=60, check=True)
    assert int(done.stdout) > 0


def test_it_waits_no_longer_than_asked_and_not_at_all_once_set() -> None:
    flag = Flag()
    assert not flag.wait(0.0)
    began = time.monotonic()
    assert not flag.wait(0.12)
    assert time.monotonic() - began >= 0.12
    flag.set()
    assert flag.is_set()
    assert flag.wait(3600.0)
