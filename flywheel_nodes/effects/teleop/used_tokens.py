"""
Which tokens were used, also for the relay that comes after a restart.

DATA_DIR/run/used_tokens holds a line `END DIGEST` for each: the second from which the token would
be refused anyway, and a digest of its jti. It is shortened whenever it is read or has grown.
"""

import contextlib
import hashlib
import os
from pathlib import Path
import threading
import time

from flywheel_nodes.effects.recording.durable import sync_folder

MOST = 10_000
NAME = 'used_tokens'


class UsedTokens:
    """
    A set of digests that forgets what has expired.

    failed: how often one could not be written down; it is then known until the next restart.
    """

    def __init__(self, path: Path | None) -> None:
        """
        Read what was used before.

        :param path: of the file, None to remember in memory only
        """
        self.failed = 0
        self._path = path
        self._lines = 0
        self._writing = threading.Lock()
        self._ends: dict[str, float] = {}
        if path:
            with contextlib.suppress(OSError):
                self._ends = _parse(path.read_text(encoding='ascii', errors='replace'))
            self._rewrite()

    def use(self, jti: str, until: float) -> bool:
        """Use a token up, in memory; False when it was used, or when too many are in use."""
        now = time.time()
        if len(self._ends) >= MOST:
            self._ends = {used: end for used, end in self._ends.items() if end > now}
        used = _digest(jti)
        # Refusing when full keeps the promise; only holders of valid tokens can fill it.
        if self._ends.get(used, 0.0) > now or len(self._ends) >= MOST:
            return False
        self._ends[used] = until
        return True

    def write_down(self, jti: str) -> None:
        """Have it on the disk; in any thread."""
        if self._path is None:
            return
        used = _digest(jti)
        with self._writing:
            if self._lines >= 2 * MOST:
                self._rewrite()
                return
            try:
                _append(self._path, f'{self._ends.get(used, 0.0):.0f} {used}\n')
                self._lines += 1
            except OSError:
                self.failed += 1

    def _rewrite(self) -> None:
        """Replace the file by what has not expired."""
        assert self._path is not None
        now = time.time()
        kept = {used: end for used, end in dict(self._ends).items() if end > now}
        text = ''.join(f'{end:.0f} {used}\n' for used, end in kept.items())
        fresh = self._path.with_suffix('.new')
        try:
            fresh.unlink(missing_ok=True)
            _append(fresh, text)
            fresh.replace(self._path)
            sync_folder(self._path.parent)
        except OSError:
            self.failed += 1
        self._lines = len(kept)


def _digest(jti: str) -> str:
    return hashlib.sha256(jti.encode()).hexdigest()


def _parse(text: str) -> dict[str, float]:
    """Return what the lines say; one that a crash cut off says nothing."""
    words = [line.split() for line in text.splitlines()]
    return {pair[1]: float(pair[0]) for pair in words[-2 * MOST:]
            if len(pair) == 2 and pair[0].isdecimal() and len(pair[0]) < 16}


def _append(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, text.encode('ascii'))
        os.fsync(handle)
    finally:
        os.close(handle)
