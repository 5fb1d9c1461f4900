"""Programs that the fleet demo starts: found, watched, and ended together."""

from collections.abc import Iterator, Mapping, Sequence
import os
from pathlib import Path
import shutil
import socket
import subprocess
import time

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.supervisor import die_with_parent

PACKAGES = {'prometheus': 'prometheus', 'vmagent': 'victoria-metrics'}
GRACE_S = 6.0


def found(name: str) -> str:
    """Return the path of a program; raises ConfigError that names its Debian package."""
    path = shutil.which(name)
    if path is None:
        raise ConfigError(f'{name} is not installed: apt-get install {PACKAGES[name]}')
    return path


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


class Programs:
    """Processes that die with this one, each with a log of its own."""

    def __init__(self, logs: Path) -> None:
        """Begin without any; logs: a folder that is there."""
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: Sequence[str],
              env: Mapping[str, str] | None = None) -> None:
        """Start a program under a name; Ctrl-C does not reach it."""
        with self.log(name).open('wb') as log:
            self._running[name] = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env or os.environ,
                start_new_session=True, preexec_fn=die_with_parent)

    def log(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._logs / f'{name}.log'

    def ended(self) -> Iterator[str]:
        """Yield a sentence for each that has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                yield f'{name} ended with code {process.returncode}: see {self.log(name)}'

    def end(self) -> None:
        """End all, at once, and by force those that take longer than 6 s."""
        for process in self._running.values():
            process.terminate()
        late = time.monotonic() + GRACE_S
        for process in self._running.values():
            try:
                process.wait(max(0.0, late - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
