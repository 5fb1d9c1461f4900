"""Reads both clocks at what is as nearly one moment as a preemptive system allows."""

import time

from flywheel_nodes.core.clock import Now

TRIES = 3
CLOSE_NS = 20_000


def now() -> Now:
    """
    Return this moment on both clocks.

    The wall clock is read between two readings of the monotonic one; a thread that was preempted
    in between reads again, since the difference of the two dates every message received.
    """
    best, width = Now(0, 0), 0
    for _ in range(TRIES):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        if not best.mono or after - before < width:
            best, width = Now((before + after) // 2, wall), after - before
        if width <= CLOSE_NS:
            break
    return best
