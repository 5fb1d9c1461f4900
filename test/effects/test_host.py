"""What is read of the machine fits the metric table and is true of this one."""

from pathlib import Path

import psutil
import pytest

from flywheel_nodes.core.health.labels import LONGEST
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.core.metrics import Readings
from flywheel_nodes.effects import host


def fits(readings: Readings) -> Readings:
    for name, rows in readings.items():
        for labels, value in rows.items():
            assert len(labels) == len(BY_NAME[name].labels)
            assert all(0 < len(label) <= LONGEST for label in labels)
            assert isinstance(value, float)
    return readings


def test_cpus_and_memory() -> None:
    found = fits(host.machine())
    assert found['host_cpus'][()] >= 1
    assert {('user',), ('system',), ('idle',)} <= set(found['host_cpu_seconds_total'])
    size = found['host_memory_size_bytes'][()]
    assert 0 < found['host_memory_available_bytes'][()] < size
    assert found['host_boot_timestamp_seconds'][()] == psutil.boot_time()


def test_one_file_system_is_told_once() -> None:
    found = fits(host.disks(Path('/')))
    assert set(found['host_disk_size_bytes']) == set(found['host_disk_free_bytes']) == {('data',)}


def test_another_file_system_is_told_beside_it() -> None:
    elsewhere = Path('/dev/shm')
    if elsewhere.stat().st_dev == Path('/').stat().st_dev:
        pytest.skip('/dev/shm is no file system of its own here')
    found = fits(host.disks(elsewhere))
    assert set(found['host_disk_size_bytes']) == {('data',), ('root',)}
    assert found['host_disk_free_bytes']['data',] <= found['host_disk_size_bytes']['data',]


def test_a_data_directory_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match='missing'):
        host.disks(tmp_path / 'missing')


def test_temperatures_fit() -> None:
    assert set(fits(host.temperatures())) == {'host_temperature_celsius'}


def test_the_loopback_is_no_interface() -> None:
    found = fits(host.network())
    assert 'lo' in psutil.net_io_counters(pernic=True)
    assert all(('lo',) not in rows and len(rows) <= host.MOST_INTERFACES
               for rows in found.values())
    assert len({frozenset(rows) for rows in found.values()}) == 1


def test_containers_ends_are_no_interfaces_and_names_like_the_loopbacks_are(
        monkeypatch: pytest.MonkeyPatch) -> None:
    traffic = psutil.net_io_counters(pernic=True)['lo']
    monkeypatch.setattr(psutil, 'net_io_counters', lambda pernic: dict.fromkeys(
        ('lo', 'lowpan0', 'lora0', 'eth0', 'veth12ab'), traffic))
    assert set(fits(host.network())['host_network_errors_total']) == {
        ('eth0',), ('lora0',), ('lowpan0',)}


def test_interfaces_with_a_device_come_first(tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    real = next(iter(host.network()['host_network_sent_bytes_total']), None)
    if real is None:
        pytest.skip('there is no interface beside the loopback')
    (tmp_path / real[0] / 'device').mkdir(parents=True)
    monkeypatch.setattr(host, 'MOST_INTERFACES', 1)
    assert set(host.network(tmp_path)['host_network_sent_bytes_total']) == {real}


def test_the_clock_is_known_or_left_out() -> None:
    found = fits(host.clock())
    assert set(found) == {'clock_synchronized', 'clock_offset_seconds'}
    assert found['clock_synchronized'].get((), 1.0) in (0.0, 1.0)
