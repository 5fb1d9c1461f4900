"""Waiting for what happens in another thread."""

from collections.abc import Callable
import threading
import time

WAIT_S = 20.0


def until(condition: Callable[[], object], what: str) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    end, tick = time.monotonic() + WAIT_S, threading.Event()
    while not condition():
        assert time.monotonic() < end, f'not within {WAIT_S:g} s: {what}'
        tick.wait(0.01)
