"""What the doctor makes of Python, CPUs, memory, limits and the clock of a machine."""

from collections.abc import Collection

from flywheel_nodes.core.clock import Sync
from flywheel_nodes.core.doctor.finding import Finding, ok, unknown, warn, wrong
from flywheel_nodes.core.sizes import rough
from flywheel_nodes.core.wording import count, utc

OLDEST, NEWEST = (3, 10), (3, 13)
DISTROS = {3: 'humble', 7: 'jazzy', 9: 'kilted'}
TESTED = ('jazzy', 'kilted')
SYSTEM_FILES = 256
FIRST_YEAR, LAST_YEAR = 2026, 2100
OWN_GOVERNOR = ('intel_pstate', 'amd-pstate-epp', 'amd_pstate_epp')
_SOURCE = 'source the ROS set-up file (/opt/ros/DISTRO/setup.bash), or install the wheels'


def python(version: tuple[int, int]) -> Finding:
    """Judge the interpreter's version."""
    said = '.'.join(map(str, version))
    if version < OLDEST:
        return wrong('python', f'{said} is too old', 'use Python 3.10 or newer')
    if version > NEWEST:
        return warn('python', f'{said} is newer than any that was tested',
                    f'prefer {".".join(map(str, NEWEST))}')
    return ok('python', said)


def distribution(rclpy: str, told: str) -> Finding:
    """
    Judge the ROS distribution.

    :param rclpy: its version, '' where it cannot be imported, '?' where it has none
    :param told: ROS_DISTRO, '' where it is not set
    """
    if not rclpy:
        return wrong('ros', 'rclpy cannot be imported', _SOURCE)
    major = rclpy.split('.')[0]
    found = DISTROS.get(int(major) if major.isdecimal() else 0, '') or told
    said = f'rclpy {rclpy}' + (f' ({found})' if found else '')
    if told and found != told:
        return wrong('ros', f'{said}, but ROS_DISTRO is {told}: two distributions are mixed',
                     'start from a fresh terminal and source one set-up file only')
    if found not in TESTED:
        return warn('ros', f'{said} was not tested', f'tested are {" and ".join(TESTED)}: see '
                                                     'docs/distributions.md')
    return ok('ros', said)


def memory(available: int, wanted: int) -> Finding:
    """Judge the free memory, in bytes, against what the processes may take."""
    said = f'{rough(available)} available, the processes may take {rough(wanted)}'
    if available < wanted:
        return warn('memory', said, 'end other programs, or lower snippet_recorder.ring_bytes and '
                                    'writer_queue')
    return ok('memory', said)


def cpus(usable: int, governors: Collection[str], driver: str) -> Finding:
    """
    Judge how many CPUs there are for us, and how their speed is chosen.

    :param governors: of cpufreq, none where it is not there; driver: its driver
    """
    said = f'{count(usable, "CPU")}' + (f', governor {" ".join(sorted(governors))}'
                                        if governors else '')
    if usable < 2:
        return warn('cpu', said, 'two or more are needed for the loops to be on time')
    if 'powersave' in governors and driver not in OWN_GOVERNOR:
        return warn('cpu', f'{said}: always the lowest clock',
                    'cpupower frequency-set -g performance')
    return ok('cpu', said)


def open_files(limit: int, connections: int) -> Finding:
    """Judge the limit of open files of a process against the relay's connections."""
    wanted = connections + SYSTEM_FILES
    if limit < wanted:
        return warn('open files', f'{limit} per process, teleop_relay may need {wanted}',
                    f'ulimit -n {wanted}, or LimitNOFILE={wanted} in systemd')
    return ok('open files', f'{limit:,} per process')


def nice(wanted: int, least: int) -> Finding:
    """Judge the lowest nice level that a process asks for against the lowest permitted one."""
    if wanted < least:
        return wrong('nice', f'{wanted} is configured, this user may go down to {least}',
                     f'LimitNICE={wanted} in systemd, or `- nice {wanted}` in '
                     '/etc/security/limits.conf')
    said = f'{wanted} is configured' if wanted < 0 else 'no process asks for less than 0'
    return ok('nice', f'{said}, permitted down to {least}')


def clock(wall_ns: int, sync: Sync | None) -> list[Finding]:
    """Judge the wall clock; sync: None where nothing tells."""
    year = int(utc(wall_ns, '%Y')) if wall_ns < 2**62 else LAST_YEAR + 1
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return [wrong('clock', f'it says {utc(wall_ns)} UTC', 'set it, then install a time '
                      'service: snippets are named after the time')]
    if sync is None:
        return [unknown('clock', 'nothing here tells whether it is synchronised',
                        'see to it on the host: systemctl enable --now chrony')]
    if not sync.synced:
        return [warn('clock', f'not synchronised, says {sync.by}',
                     'systemctl enable --now chrony, and see that it reaches a time server')]
    error = '' if sync.error is None else f', at most {sync.error:.3g} s off'
    return [ok('clock', f'synchronised, says {sync.by}{error}')]
