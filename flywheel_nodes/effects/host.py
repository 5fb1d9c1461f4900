"""The machine the robot's software runs on, as metrics: what psutil and the kernel tell."""

import math
from pathlib import Path

import psutil

from flywheel_nodes.core.health.labels import tidy
from flywheel_nodes.core.metrics import Labels, Readings
from flywheel_nodes.effects import clock_sync

MODES = ('user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal')
MOST_SENSORS = MOST_INTERFACES = 16
_NETWORK = Path('/sys/class/net')


def machine() -> Readings:
    """Return CPUs, memory and the time of the start."""
    times, memory = psutil.cpu_times(), psutil.virtual_memory()
    return {
        'host_cpus': {(): float(psutil.cpu_count() or math.nan)},
        'host_cpu_seconds_total': {(mode,): getattr(times, mode) for mode in MODES
                                   if hasattr(times, mode)},
        'host_memory_size_bytes': {(): float(memory.total)},
        'host_memory_available_bytes': {(): float(memory.available)},
        'host_boot_timestamp_seconds': {(): psutil.boot_time()}}


def disks(data_dir: Path) -> Readings:
    """Return the file systems of the data directory and of /; one row where it is the same."""
    found = {'root': Path('/'), 'data': data_dir}
    if data_dir.stat().st_dev == found['root'].stat().st_dev:
        del found['root']
    usage = {(disk,): psutil.disk_usage(str(path)) for disk, path in found.items()}
    return {'host_disk_size_bytes': {disk: float(one.total) for disk, one in usage.items()},
            'host_disk_free_bytes': {disk: float(one.free) for disk, one in usage.items()}}


def temperatures() -> Readings:
    """Return the hottest reading of each sensor, in degrees Celsius."""
    hottest: dict[Labels, float] = {}
    for sensor, readings in sorted(psutil.sensors_temperatures().items()):
        told = [one.current for one in readings if math.isfinite(one.current)]
        if told and len(hottest) < MOST_SENSORS:
            hottest[tidy(sensor),] = max(told)
    return {'host_temperature_celsius': hottest}


def network(folder: Path = _NETWORK) -> Readings:
    """
    Return the traffic of the interfaces, those with a device of their own first.

    :param folder: where the kernel lists them
    """
    # Not the loopback, nor the host's end of each container, whose name is new each time.
    told = {name: one for name, one in psutil.net_io_counters(pernic=True).items()
            if name != 'lo' and not name.startswith('veth')}
    order = sorted(told, key=lambda name: (not (folder / name / 'device').exists(), name))
    kept = {(tidy(name),): told[name] for name in order[:MOST_INTERFACES]}
    return {
        'host_network_received_bytes_total': {n: float(one.bytes_recv) for n, one in kept.items()},
        'host_network_sent_bytes_total': {n: float(one.bytes_sent) for n, one in kept.items()},
        'host_network_errors_total': {n: float(one.errin + one.errout + one.dropin + one.dropout)
                                      for n, one in kept.items()}}


def clock() -> Readings:
    """Return whether a time service steers the clock and how far it is off; often unknown."""
    sync = clock_sync.read()
    if sync is None:
        return {'clock_synchronized': {}, 'clock_offset_seconds': {}}
    offset: dict[Labels, float] = {} if sync.offset is None else {('ntp',): sync.offset}
    return {'clock_synchronized': {(): float(sync.synced)}, 'clock_offset_seconds': offset}
