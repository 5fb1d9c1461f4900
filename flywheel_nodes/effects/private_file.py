"""
Files with a secret in them.

They are refused when users outside their owner and group can read them; a new one is its owner's
only.
"""

import os
from pathlib import Path
import tempfile

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.config_files import file_mode

OTHERS = 0o007


def check_private(path: Path, what: str) -> None:
    """Refuse a file that is not there or that others can read; raises ConfigError."""
    if file_mode(path, what) & OTHERS:
        raise ConfigError(f'{what}: {path} can be read by others: chmod 600 {path}')


def replace_private(path: Path, content: str) -> None:
    """
    Write a file anew, whole or not at all; raises OSError.

    It stays with its owner and group, and as private as it was; a new one is its owner's only.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile('w', dir=path.parent, prefix=f'.{path.name}.',
                                     delete=False, encoding='utf-8') as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            _keep_ownership(path, file.fileno())
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


def _keep_ownership(path: Path, fd: int) -> None:
    """Give a file the owner and the mode of the one it replaces: root may have been asked."""
    if not path.exists():
        return
    before = path.stat()
    os.fchown(fd, before.st_uid, before.st_gid)
    os.fchmod(fd, before.st_mode & 0o660)
