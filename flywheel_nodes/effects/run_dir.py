"""
One instance per node and data directory, and whether its last end was clean.

DATA_DIR/run/NODE.lock is flocked while the node lives; the kernel lets go even after kill -9. The
file holds who ran; a clean end empties it, so that content found at start tells of a crash.
"""

from collections.abc import Iterator
from contextlib import suppress
import fcntl
import json
import os
from pathlib import Path
import time
from typing import IO

from flywheel_nodes.core.errors import ConfigError


def prepare(data_dir: Path) -> Path:
    """Make the data directory; raises ConfigError when it cannot be written to."""
    try:
        (data_dir / 'run').mkdir(parents=True, exist_ok=True)
        probe = data_dir / 'run' / f'.writable.{os.getpid()}'
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(f'data directory {data_dir} cannot be written to '
                          f'({error.strerror}): choose another with data_dir') from None
    return data_dir


class Instance:
    """The lock of one node on one data directory."""

    def __init__(self, data_dir: Path, node: str) -> None:
        """
        Take the lock.

        :raises ConfigError: when the directory is not writable or another instance holds it
        """
        self._file = _locked(prepare(data_dir) / 'run' / f'{node}.lock', node, data_dir)
        self.restarts = self._crashes_before()
        self.address('')

    def _crashes_before(self) -> int:
        self._file.seek(0)
        try:
            last = json.load(self._file)
            return int(last['restarts']) + 1 if last['boot'] == _boot() else 0
        except (ValueError, KeyError, TypeError):
            return 0

    def address(self, url: str) -> None:
        """Note where the node can be reached, for `flywheel up` and the demo."""
        content = json.dumps({'pid': os.getpid(), 'boot': _boot(), 'restarts': self.restarts,
                              'url': url, 'domain': os.environ.get('ROS_DOMAIN_ID', '0')})
        self._file.seek(0)
        self._file.write(content)
        self._file.truncate()
        self._file.flush()

    def close(self, clean: bool = True) -> None:
        """Let go; clean: the next start is no restart after a crash."""
        if clean:
            self._file.seek(0)
            self._file.truncate()
        self._file.close()


def check_free(data_dir: Path, node: str) -> None:
    """Refuse a data directory on which such a node runs already; makes nothing."""
    path = data_dir / 'run' / f'{node}.lock'
    if path.exists():
        _locked(path, node, data_dir).close()


def _locked(path: Path, node: str, data_dir: Path) -> IO[str]:
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), 'r+', encoding='utf-8')
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = _pid(file.read())
        file.close()
        raise ConfigError(f'data directory {data_dir} is in use by another {node}{holder}: stop '
                          'it or choose another data directory') from None
    return file


def _pid(content: str) -> str:
    try:
        return f' (pid {json.loads(content)["pid"]})'
    except (ValueError, KeyError, TypeError):
        return ''


def _boot() -> str:
    return Path('/proc/sys/kernel/random/boot_id').read_text(encoding='ascii').strip()


def url_of(data_dir: Path, node: str) -> str:
    """Return where a running node can be reached, '' while it is not known."""
    return _of_living(data_dir / 'run' / f'{node}.lock', 'url')


def pid_of(data_dir: Path, node: str) -> int:
    """Return the process of a running node; raises ConfigError when it does not run."""
    pid = _of_living(data_dir / 'run' / f'{node}.lock', 'pid')
    if not pid:
        raise ConfigError(f'no {node} runs on {data_dir}')
    return int(pid)


def is_up(data_dir: Path, node: str) -> bool:
    """Say whether a node runs on a data directory."""
    return bool(_of_living(data_dir / 'run' / f'{node}.lock', 'pid'))


def domain_of(data_dir: Path, node: str = '*') -> str:
    """Return the ROS_DOMAIN_ID of a node, or any, that runs on a data directory, '' for none."""
    locks = sorted((data_dir / 'run').glob(f'{node}.lock'))
    return next(filter(None, (_of_living(lock, 'domain') for lock in locks
                              if lock.stem != 'up')), '')


def pids(data_dir: Path) -> dict[str, int]:
    """Return the processes that the locks of a data directory name; see holds()."""
    named = {lock.stem: _of_living(lock, 'pid') for lock in (data_dir / 'run').glob('*.lock')
             if lock.stem != 'up'}
    return {node: int(pid) for node, pid in named.items() if pid}


def holds(data_dir: Path, node: str, pid: int) -> bool:
    """Say whether a process has a node's lock open: the number of a crashed one is given anew."""
    try:
        lock = (data_dir / 'run' / f'{node}.lock').stat()
        return any(os.path.samestat(lock, open_file) for open_file in _files_of(pid))
    except OSError:
        return False


def _files_of(pid: int) -> Iterator[os.stat_result]:
    for link in Path(f'/proc/{pid}/fd').iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            yield link.stat()


def restarted_within(data_dir: Path, node: str, seconds: float) -> bool:
    """Say whether a running node started at most so long ago, after an end that was not clean."""
    lock = data_dir / 'run' / f'{node}.lock'
    try:
        since = time.time() - lock.stat().st_mtime
        return since < seconds and int(_of_living(lock, 'restarts')) > 0
    except (OSError, ValueError):
        return False


def _of_living(lock: Path, key: str) -> str:
    try:
        content = json.loads(lock.read_text(encoding='utf-8'))
        os.kill(int(content['pid']), 0)  # a crashed node leaves its content behind
        return str(content[key]) if content['boot'] == _boot() else ''
    except (OSError, ValueError, KeyError, TypeError):
        return ''
