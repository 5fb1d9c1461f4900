"""Which process of this machine is behind an endpoint on the bus, where that is certain."""

from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from flywheel_nodes.effects.shared_memory import held

FAST_DDS = b'\x01\x0f'
LOW_16_BITS = 0xFFFF


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
    running = _running()
    pid = _by_gid(gid, ours, running) or _only(
        one for one, args in running.items() if f'__node:={name}' in args)
    return Process(pid, ' '.join(running[pid])) if pid else None


def low_pid(gid: bytes) -> int | None:
    """Return the lower half of the number that Fast DDS puts into a GID, None for others."""
    return int.from_bytes(gid[4:6], 'little') if gid[:2] == FAST_DDS and len(gid) > 6 else None


def _by_gid(gid: bytes, ours: bytes, running: Iterable[int]) -> int | None:
    """Return who bears the number of a GID of this machine, and has segments of Fast DDS open."""
    low = low_pid(gid)
    if low is None or gid[:4] != ours[:4]:
        return None
    return _only(pid for pid in running if pid & LOW_16_BITS == low and held(pid))


def _running() -> dict[int, list[str]]:
    """Return the arguments of each process of this machine, none where they are not known."""
    # What is no UTF-8 comes as surrogates, which cannot be printed.
    return {one.pid: [arg.encode(errors='replace').decode() for arg in one.info['cmdline'] or ()]
            for one in psutil.process_iter(['cmdline'])}


def _only(found: Iterable[int]) -> int | None:
    several = list(found)
    return several[0] if len(several) == 1 else None
