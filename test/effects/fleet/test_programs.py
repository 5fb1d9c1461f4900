"""Programs are found or named, and none outlives the end."""

import os
from pathlib import Path
import socket
import sys
import threading
import time

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.fleet.programs import found, free_port, Programs

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), 'is deaf', flush=True)
time.sleep(60)
"""


def until(condition: object) -> None:
    tick, end = threading.Event(), time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        tick.wait(0.02)


def test_a_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '/nowhere')
    with pytest.raises(ConfigError, match='vmagent is not installed: apt-get install victoria-m'):
        found('vmagent')


def test_one_that_ends_by_itself_is_told_with_its_log(tmp_path: Path) -> None:
    programs = Programs(tmp_path)
    programs.start('short', [sys.executable, '-c', 'print("so long"); raise SystemExit(3)'])
    until(lambda: list(programs.ended()))
    assert list(programs.ended()) == [f'short ended with code 3: see {tmp_path / "short.log"}']
    assert programs.log('short').read_text() == 'so long\n'
    programs.end()
    assert list(programs.ended()) == []


def test_one_that_does_not_want_to_end_is_killed(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('flywheel_nodes.effects.fleet.programs.GRACE_S', 0.2)
    programs = Programs(tmp_path)
    programs.start('stubborn', [sys.executable, '-c', STUBBORN])
    until(lambda: 'is deaf' in programs.log('stubborn').read_text())
    pid = int(programs.log('stubborn').read_text().split()[0])
    programs.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_free_port_is_one() -> None:
    with socket.create_server(('127.0.0.1', free_port())) as server:
        assert server.getsockname()[1] != free_port()
