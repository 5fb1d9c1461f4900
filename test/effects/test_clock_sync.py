"""What the kernel and chrony say of the clock, and which of both is believed."""

import os
from pathlib import Path

import pytest

from flywheel_nodes.core.clock import Sync
from flywheel_nodes.effects import clock_sync
from flywheel_nodes.effects.clock_sync import STA_NANO, STA_PLL, STA_UNSYNC, Timex

TRACKING = """Reference ID    : C0A80001 (192.168.0.1)
System time     : 0.000012500 seconds {} of NTP time
Last offset     : +0.000003 seconds
Leap status     : Normal"""


def test_this_kernel_answers() -> None:
    found = clock_sync.of_kernel()
    assert found is None or (found.error is None) is not found.synced


@pytest.mark.parametrize(('status', 'expected'), [
    (STA_UNSYNC | STA_PLL, Sync(False, 'the kernel')),
    (STA_PLL, Sync(True, 'the kernel', 0.5, -0.002)),
    (STA_PLL | STA_NANO, Sync(True, 'the kernel', 0.5, -0.000002)),
    (0, Sync(True, 'the kernel', 0.5))])
def test_the_offset_has_a_unit_and_needs_a_service(status: int, expected: Sync) -> None:
    found = clock_sync.sync_of(Timex(offset=-2000, maxerror=500_000, status=status))
    assert (found.synced, found.by, found.error) == (
        expected.synced, expected.by, expected.error)
    assert found.offset == (expected.offset and pytest.approx(expected.offset))


@pytest.mark.parametrize(('said', 'code', 'expected'), [
    ('Leap status     : Normal', 0, Sync(True, 'chrony')),
    ('Leap status     : Not synchronised', 0, Sync(False, 'chrony')),
    (TRACKING.format('slow'), 0, Sync(True, 'chrony', offset=0.0000125)),
    (TRACKING.format('fast'), 0, Sync(True, 'chrony', offset=-0.0000125)),
    ('506 Cannot talk to daemon', 1, None)])
def test_chrony_is_asked(said: str, code: int, expected: Sync | None, tmp_path: Path,
                         monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / 'chronyc'
    program.write_text(f"#!/bin/sh\necho '{said}'\nexit {code}\n")
    program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=os.pathsep)
    assert clock_sync.of_chrony() == expected


def test_without_chrony_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    assert clock_sync.of_chrony() is None


@pytest.mark.parametrize(('kernel', 'chrony', 'expected'), [
    (None, None, None),
    (Sync(False, 'k'), None, Sync(False, 'k')),
    (Sync(False, 'k'), Sync(True, 'c', offset=0.1), Sync(True, 'c', offset=0.1)),
    (Sync(True, 'k', 0.5), None, Sync(True, 'k', 0.5)),
    (Sync(True, 'k', 0.5), Sync(True, 'c', offset=0.1), Sync(True, 'k', 0.5, 0.1))])
def test_who_is_sure_is_believed(kernel: Sync | None, chrony: Sync | None,
                                 expected: Sync | None) -> None:
    assert clock_sync.merged(kernel, chrony) == expected
