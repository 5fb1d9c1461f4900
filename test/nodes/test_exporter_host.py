"""The machine and the processes of nodes, read in the background and told like all else."""

from collections.abc import Iterator
from pathlib import Path
import threading

import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.metrics import Readings
from flywheel_nodes.effects import host
from flywheel_nodes.nodes import exporter_host
from test.harness import Bench
from test.nodes.test_health_exporter import Rig


@pytest.fixture
def rig(bench: Bench) -> Rig:
    """Give a running exporter."""
    return Rig(bench)


def test_the_machine_and_our_own_process_are_told(rig: Rig) -> None:
    rig.bench.until(lambda: rig.sample('flywheel_process_threads', node='health_exporter'),
                    'our own process')
    told = rig.samples()
    names = {name for name, _ in told}
    assert {'flywheel_host_cpus', 'flywheel_host_memory_available_bytes',
            'flywheel_host_disk_free_bytes', 'flywheel_host_boot_timestamp_seconds'} <= names
    for name in ('cpu_seconds_total', 'resident_memory_bytes', 'open_fds'):
        assert (rig.sample(f'flywheel_process_{name}', node='health_exporter') or 0) > 0
    assert rig.sample('flywheel_host_cpu_seconds_total', mode='user')


def test_what_does_not_answer_is_left_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path) -> None:
        raise OSError('the disk is gone')
    monkeypatch.setattr(host, 'disks', gone)
    rig = Rig(bench)
    rig.bench.until(lambda: rig.sample('flywheel_host_cpus'), 'the rest')
    assert not [name for name, _ in rig.samples() if 'host_disk' in name]


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Read quickly; set: what hung goes on."""
    monkeypatch.setattr(exporter_host, 'EVERY_S', 0.05)
    made = threading.Event()
    yield made
    made.set()


def test_what_fails_later_is_told_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch,
                                          going: threading.Event) -> None:
    def disks(path: Path) -> Readings:
        if going.is_set():
            raise OSError('the disk is gone')
        return {'host_disk_free_bytes': {('data',): 1.0}}
    monkeypatch.setattr(host, 'disks', disks)
    rig = Rig(bench)
    rig.until(1.0, 'flywheel_host_disk_free_bytes', disk='data')
    going.set()
    rig.until(None, 'flywheel_host_disk_free_bytes', disk='data')
    assert rig.sample('flywheel_host_cpus')


def test_what_hangs_is_told_no_more_and_comes_back(bench: Bench, monkeypatch: pytest.MonkeyPatch,
                                                   going: threading.Event) -> None:
    monkeypatch.setattr(exporter_host, 'STALE_AFTER', SECOND)
    heard = threading.Event()

    def disks(path: Path) -> Readings:
        if heard.is_set():
            going.wait()
        return {'host_disk_free_bytes': {('data',): 1.0}}
    monkeypatch.setattr(host, 'disks', disks)
    rig = Rig(bench)
    rig.until(1.0, 'flywheel_host_disk_free_bytes', disk='data')
    heard.set()
    rig.until(None, 'flywheel_host_disk_free_bytes', disk='data')
    assert rig.sample('flywheel_host_cpus') is None, 'nobody reads it any more'
    going.set()
    rig.until(1.0, 'flywheel_host_disk_free_bytes', disk='data')
