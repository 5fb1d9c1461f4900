"""Disks for tests: a small one that can really be full."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import subprocess

import pytest


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[Path]:
    """Mount a memory disk of that many bytes; skips the test where that is not allowed."""
    place.mkdir()
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'flywheel', str(place)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f'no small disk can be mounted here: {done.stderr.strip()}')
    try:
        yield place
    finally:
        subprocess.run(['umount', '--lazy', str(place)], check=True)  # files may be open
