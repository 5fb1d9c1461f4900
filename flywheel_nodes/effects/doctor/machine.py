"""What this machine is: Python, CPUs, memory, limits, clock, shared memory."""

from collections.abc import Iterator, Mapping
from importlib import metadata, util
import os
from pathlib import Path
import resource
import sys
import time

from flywheel_nodes.core.config import Common, RecorderConfig, RelayConfig
from flywheel_nodes.core.doctor import machine, storage
from flywheel_nodes.core.doctor.finding import Finding
from flywheel_nodes.core.service_unit import memory_for
from flywheel_nodes.effects import clock_sync
from flywheel_nodes.effects.shared_memory import left_over, SHM

CPUFREQ = Path('/sys/devices/system/cpu')
MEMINFO = Path('/proc/meminfo')


def look(configs: Mapping[str, Common]) -> Iterator[Finding]:
    """
    Yield what was found.

    :param configs: of the processes that shall run, by name
    """
    yield machine.python(sys.version_info[:2])
    yield machine.distribution(rclpy_version(), os.environ.get('ROS_DISTRO', ''))
    yield from machine.clock(time.time_ns(), clock_sync.read())
    yield machine.cpus(len(os.sched_getaffinity(0)), *governors())
    recorder = next((one for one in configs.values() if isinstance(one, RecorderConfig)), None)
    buffers = recorder.ring_bytes + recorder.writer_queue if recorder else 0
    yield machine.memory(available_memory(), memory_for(len(configs), buffers))
    if SHM.is_dir():
        room, left = os.statvfs(SHM), left_over()
        yield from storage.shared_memory(room.f_blocks * room.f_frsize,
                                         room.f_bavail * room.f_frsize, len(left),
                                         sum(left.values()))
    relay = next((one for one in configs.values() if isinstance(one, RelayConfig)), None)
    yield machine.open_files(_limit(resource.RLIMIT_NOFILE), relay.max_connections if relay else 0)
    yield machine.nice(min((one.nice for one in configs.values()), default=0), least_nice())


def rclpy_version() -> str:
    """Return rclpy's version, '' where it cannot be imported, '?' where it has none."""
    if util.find_spec('rclpy') is None:
        return ''
    try:
        return metadata.version('rclpy')
    except metadata.PackageNotFoundError:
        return '?'


def governors(folder: Path = CPUFREQ) -> tuple[frozenset[str], str]:
    """Return the governors of all CPUs, and their driver; none and '' where there are none."""
    found = {_word(path) for path in folder.glob('cpu[0-9]*/cpufreq/scaling_governor')}
    return frozenset(filter(None, found)), _word(folder / 'cpu0' / 'cpufreq' / 'scaling_driver')


def available_memory(path: Path = MEMINFO) -> int:
    """Return how many bytes new processes can have without swapping."""
    lines = path.read_text(encoding='ascii').splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith('MemAvailable'))


def least_nice() -> int:
    """Return the lowest nice level that this user may set."""
    if os.geteuid() == 0:
        return -20
    limit = _limit(resource.RLIMIT_NICE)
    return min(os.getpriority(os.PRIO_PROCESS, 0), 20 - min(limit, 40))


def _limit(which: int) -> int:
    soft, _ = resource.getrlimit(which)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding='ascii').strip()
    except OSError:
        return ''
