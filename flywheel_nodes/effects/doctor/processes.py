"""Which process of this machine is behind an endpoint on the bus, where that is certain."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flywheel_nodes.effects.shared_memory import held

PROC = Path('/proc')
FAST_DDS = b'\x01\x0f'
LOW = 0xFFFF


@dataclass(frozen=True)
class Process:
    """A process, and its command line in one line."""

    pid: int
    command: str


def behind(gid: bytes, ours: bytes, name: str) -> Process | None:
    """
    Return the process that an endpoint belongs to; None: not of this machine, or not certain.

    :param gid: of the endpoint
    :param ours: GID of an endpoint of this process, b'' where it is not known
    :param name: of the endpoint's node, without namespace
    """
    pid = _by_gid(gid, ours) or _only(one for one in pids() if f'__node:={name}' in _args(one))
    return Process(pid, command(pid)) if pid else None


def low_pid(gid: bytes) -> int | None:
    """Return the lower half of the number that Fast DDS puts into a GID, None for others."""
    return int.from_bytes(gid[4:6], 'little') if gid[:2] == FAST_DDS and len(gid) > 6 else None


def _by_gid(gid: bytes, ours: bytes) -> int | None:
    """Return who bears the number of a GID of this machine, and has segments of Fast DDS open."""
    low = low_pid(gid)
    if low is None or gid[:4] != ours[:4]:
        return None
    return _only(pid for pid in pids() if pid & LOW == low and held(pid))


def pids() -> Iterator[int]:
    """Yield the processes of this machine."""
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())


def command(pid: int) -> str:
    """Return a process's command line, '' when it is gone."""
    return ' '.join(_args(pid))


def _args(pid: int) -> list[str]:
    with suppress(OSError):  # gone meanwhile
        content = (PROC / str(pid) / 'cmdline').read_bytes()
        return content.decode(errors='replace').rstrip('\0').split('\0')
    return []


def _only(found: Iterator[int]) -> int | None:
    several = list(found)
    return several[0] if len(several) == 1 else None
