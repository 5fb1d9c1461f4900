"""Which CPUs a process runs on, and how nicely: parameters, so that any way of starting asks."""

import os
from pathlib import Path

from flywheel_nodes.core.config import Common
from flywheel_nodes.core.cpu_list import cpu_list
from flywheel_nodes.core.errors import ConfigError

AUTOGROUP = Path('/proc/self/autogroup')


def check(name: str, config: Common) -> frozenset[int]:
    """Return the CPUs asked for; raises ConfigError for those this machine does not give us."""
    wanted = cpu_list(config.cpus, f'{name}: cpus')
    missing = sorted(wanted - os.sched_getaffinity(0))
    if missing:
        usable = ','.join(map(str, sorted(os.sched_getaffinity(0))))
        raise ConfigError(f'{name}: cpus: {config.cpus}: {missing[0]} is not there for us '
                          f'(usable: {usable})')
    return wanted


def apply(name: str, config: Common) -> None:
    """
    Move this process, with all threads that DDS has started by now.

    Threads started later inherit from the one that starts them.

    :raises ConfigError: for CPUs that are not there, and for a nice level we may not take
    """
    wanted = check(name, config)
    for thread in map(int, _threads()):
        if wanted:
            os.sched_setaffinity(thread, wanted)
        if config.nice:
            _renice(name, thread, config.nice)
    if config.nice and os.getsid(0) == os.getpid() and AUTOGROUP.exists():
        # Linux shares the CPU between sessions first: a nice level counts within one only.
        AUTOGROUP.write_text(str(config.nice), encoding='ascii')


def _threads() -> list[str]:
    return [path.name for path in Path('/proc/self/task').iterdir()]


def _renice(name: str, thread: int, level: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, thread, level)
    except PermissionError:
        raise ConfigError(f'{name}: nice: {level} is not permitted to this user: raise its limit '
                          '(ulimit -e, LimitNICE= in systemd) or set 0 or more') from None
