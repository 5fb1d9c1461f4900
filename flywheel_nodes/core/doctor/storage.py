"""What the doctor makes of the data directory's disk and of shared memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from flywheel_nodes.core.doctor.finding import Finding, ok, warn, wrong
from flywheel_nodes.core.sizes import rough
from flywheel_nodes.core.wording import count

VOLATILE = ('tmpfs', 'ramfs')
REMOTE = ('nfs', 'nfs4', 'cifs', 'smb3', '9p', 'ceph', 'fuse.sshfs')
CRUDE = ('vfat', 'exfat', 'msdos', 'ntfs', 'ntfs3', 'fuseblk')
SLOW_S = 0.1
SHM_LEAST = 128 * 2**20
LEFT_MOST = 256 * 2**20


@dataclass(frozen=True)
class Stranger:
    """An entry of the data directory that is not ours; more: it was not measured to its end."""

    name: str
    size: int
    more: bool = False

    def __str__(self) -> str:
        """Return name and size."""
        return f'{self.name} ({"more than " if self.more else ""}{rough(self.size)})'


def room(free: int, used: int, quota: int, min_free: int,
         strangers: Sequence[Stranger] = ()) -> Finding:
    """
    Judge a disk's free bytes.

    :param used: by snippets already; quota: theirs, 0 for no bound
    :param strangers: what takes the most in the data directory and is not ours
    """
    theirs = f'; not ours there: {", ".join(map(str, strangers))}' if strangers else ''
    said = f'{rough(free)} free, {rough(used)} of snippets'
    if free < min_free:
        return wrong('disk', f'{said}: below min_free_bytes ({rough(min_free)}), nothing is '
                     'recorded', f'make room, or choose another --data-dir{theirs}')
    short = quota - used - (free - min_free)
    if quota and short > 0:
        return warn('disk', f'{said}: {rough(short)} too little for the quota of {rough(quota)}',
                    'old snippets leave earlier than the quota says: lower '
                    f'snippet_recorder.quota_bytes, or use a larger disk{theirs}')
    return ok('disk', f'{said}, quota {rough(quota) if quota else "none"}')


def kind(file_system: str) -> Finding:
    """Judge the type of the data directory's file system."""
    if file_system in VOLATILE:
        return warn('file system', f'{file_system}: snippets are gone after a restart',
                    'put --data-dir on a disk')
    if file_system in REMOTE:
        return warn('file system', f'{file_system} is on the network: the recorder waits for it',
                    'put --data-dir on a local disk, and upload from there')
    if file_system in CRUDE:
        return warn('file system', f'{file_system} has no owners and survives no power cut',
                    'use ext4, xfs or btrfs')
    return ok('file system', file_system)


def speed(seconds: float) -> Finding:
    """Judge how long one small file takes to be on the disk."""
    said = f'a small file is safe after {seconds * 1e3:.3g} ms'
    if seconds > SLOW_S:
        return warn('disk speed', said, 'snippets are published late: see what else writes, or '
                                        'use a faster disk')
    return ok('disk speed', said)


def shared_memory(size: int, free: int, left: int, left_bytes: int) -> list[Finding]:
    """
    Judge /dev/shm, in bytes, through which the processes pass messages.

    :param left: segments of ours that no process holds any more
    """
    found = []
    said = f'/dev/shm has {rough(size)}, {rough(free)} free'
    if size < SHM_LEAST or free < size // 8:
        found.append(warn('shared memory', said, 'in a container: --shm-size=1g or --ipc=host; '
                          'else remove what lies there'))
    if left_bytes > LEFT_MOST:
        found.append(warn('shared memory', f'{count(left, "segment")} of processes that were '
                          f'killed take {rough(left_bytes)} of /dev/shm',
                          'while no node runs: fastdds shm clean, or restart the machine'))
    return found or [ok('shared memory', f'{said}, {count(left, "segment")} left over')]
