"""Whether a time service steers this machine's clock: what the kernel and chrony know."""

import ctypes
import re
import shutil
import subprocess

from flywheel_nodes.core.clock import Sync

# Bits of struct timex's status: a service steers by offsets, none does, offsets are in ns.
STA_PLL, STA_UNSYNC, STA_NANO = 0x1, 0x40, 0x2000
PATIENCE_S = 1.0
_OFFSET = re.compile(r'^System time\s*:\s*([0-9.]+) seconds (slow|fast) of', re.MULTILINE)


class Timex(ctypes.Structure):
    """The head of struct timex; the kernel writes 208 bytes."""

    _fields_ = (('modes', ctypes.c_uint), ('offset', ctypes.c_long), ('freq', ctypes.c_long),
                ('maxerror', ctypes.c_long), ('esterror', ctypes.c_long),
                ('status', ctypes.c_int), ('rest', ctypes.c_byte * 256))


def read() -> Sync | None:
    """Return what is known, None for nothing."""
    found = of_kernel()
    # chrony sets the kernel's synchronised bit, which is all that timedatectl shows, only if told
    # to, and keeps its offset to itself.
    if found and found.offset is not None:
        return found
    return merged(found, of_chrony())


def merged(kernel: Sync | None, chrony: Sync | None) -> Sync | None:
    """Return what both together tell: the kernel where it is sure, with the offset of chrony."""
    if not (kernel and kernel.synced):
        return chrony or kernel
    return Sync(True, kernel.by, kernel.error, chrony.offset if chrony else None)


def of_kernel() -> Sync | None:
    """Return what adjtimex says, None where it may not be asked."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    timex = Timex()  # modes 0: it is only read
    return sync_of(timex) if adjtimex(ctypes.byref(timex)) >= 0 else None


def sync_of(timex: Timex) -> Sync:
    """Return what the kernel's answer means; without a service its offset means nothing."""
    if timex.status & STA_UNSYNC:
        return Sync(False, 'the kernel')
    unit = 1e-9 if timex.status & STA_NANO else 1e-6
    offset = timex.offset * unit if timex.status & STA_PLL else None
    return Sync(True, 'the kernel', timex.maxerror / 1e6, offset)


def of_chrony() -> Sync | None:
    """Return what chronyd says, None where it does not run."""
    program = shutil.which('chronyc')
    if not program:
        return None
    try:
        done = subprocess.run([program, '-n', 'tracking'], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    synced, told = 'Not synchronised' not in done.stdout, _OFFSET.search(done.stdout)
    if not (synced and told):
        return Sync(synced, 'chrony')
    # Our clock is slow: the true time is ahead.
    return Sync(True, 'chrony', offset=float(told[1]) * (1 if told[2] == 'slow' else -1))
