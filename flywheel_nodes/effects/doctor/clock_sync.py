"""Whether a time service steers this machine's clock: what the kernel and chrony know."""

import ctypes
import shutil
import subprocess

from flywheel_nodes.core.doctor.machine import Sync

STA_UNSYNC = 0x40
PATIENCE_S = 1.0


class _Timex(ctypes.Structure):
    """The head of struct timex; the kernel writes 208 bytes."""

    _fields_ = (('modes', ctypes.c_uint), ('offset', ctypes.c_long), ('freq', ctypes.c_long),
                ('maxerror', ctypes.c_long), ('esterror', ctypes.c_long),
                ('status', ctypes.c_int), ('rest', ctypes.c_byte * 256))


def read() -> Sync | None:
    """Return what is known, None for nothing."""
    found = of_kernel()
    # The kernel's bit, which is all that timedatectl shows, chrony sets only if told to.
    return found if found and found.synced else of_chrony() or found


def of_kernel() -> Sync | None:
    """Return what adjtimex says, None where it may not be asked."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    timex = _Timex()  # modes 0: it is only read
    if adjtimex(ctypes.byref(timex)) < 0:
        return None
    synced = not timex.status & STA_UNSYNC
    return Sync(synced, 'the kernel', timex.maxerror / 1e6 if synced else None)


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
    return Sync('Not synchronised' not in done.stdout, 'chrony') if done.returncode == 0 else None
