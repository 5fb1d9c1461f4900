"""The machine and the processes of nodes, read in the background and told like all else."""

from pathlib import Path

import pytest

from flywheel_nodes.effects import host
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
