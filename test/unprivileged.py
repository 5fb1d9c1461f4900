"""For tests of what one may not do: root, as whom CI runs, may do everything."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
from tempfile import TemporaryDirectory

NOBODY = 65534


@contextmanager
def unprivileged(mode: int) -> Iterator[Path]:
    """Be somebody without privileges, and give a folder with a mode that is not theirs."""
    with TemporaryDirectory(dir='/tmp') as name:  # whom pytest's own folders would keep out
        folder = Path(name)
        folder.chmod(mode)
        before = os.geteuid()
        if before == 0:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(before)
            folder.chmod(0o700)
