"""Processes of this machine: those that bear a name, a number, and segments of Fast DDS."""

from collections.abc import Iterator
import os
import subprocess
import sys

import pytest

from flywheel_nodes.effects.doctor.processes import behind, LOW_16_BITS, low_pid


def gid(pid: int, host: bytes = b'\x78\xfd', vendor: bytes = b'\x01\x0f') -> bytes:
    return vendor + host + (pid & LOW_16_BITS).to_bytes(2, 'little') + bytes(10)


@pytest.fixture
def named() -> Iterator[int]:
    """Give a process whose command line names a node."""
    process = subprocess.Popen([sys.executable, '-c', 'input()', '-r', '__node:=walker'],
                               stdin=subprocess.PIPE)
    yield process.pid
    process.kill()
    process.communicate()


def test_the_command_line_names_a_node(named: int) -> None:
    found = behind(b'', b'', 'walker')
    assert found and found.pid == named and found.command.endswith('-r __node:=walker')
    assert behind(b'', b'', 'walk') is None


def test_a_number_alone_is_not_certain(named: int) -> None:
    """Without segments it may be a process of a container, whose numbers are others."""
    assert behind(gid(named), gid(os.getpid()), 'other') is None


def test_other_machines_and_other_vendors_are_left_alone() -> None:
    ours = gid(os.getpid())
    assert behind(gid(os.getpid(), host=b'\1\2'), ours, 'x') is None
    assert behind(gid(os.getpid(), vendor=b'\x01\x10'), b'', 'x') is None
    assert low_pid(gid(5, vendor=b'\x01\x10')) is None and low_pid(b'') is None
    assert low_pid(gid(70_000)) == 70_000 - 65_536


def test_an_argument_that_is_no_text_can_be_shown() -> None:
    with subprocess.Popen([sys.executable, '-c', 'input()', b'\xff', '__node:=walker'],
                          stdin=subprocess.PIPE) as process:
        found = behind(b'', b'', 'walker')
        process.kill()
    assert found and found.pid == process.pid and found.command.endswith(' ? __node:=walker')
