"""vmagent, a VictoriaMetrics and a link that can be cut, for tests of robots that go offline."""

from contextlib import suppress
import json
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import threading
import time
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from flywheel_nodes.core import agent_unit
from flywheel_nodes.effects.fleet.programs import free_port

TIMEOUT = 30.0


def missing_agent() -> str:
    """Return why no agent can be started here, '' if one can."""
    absent = [name for name in ('vmagent', 'victoria-metrics') if not shutil.which(name)]
    return f'{" and ".join(absent)} not installed (Debian package victoria-metrics)' \
        if absent else ''


class Program:
    """A process with a log, ready when one of its pages answers."""

    def __init__(self, log: Path, command: list[str], ready: str,
                 env: dict[str, str] | None = None) -> None:
        self._log = log.open('a')
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log,
                                        stderr=self._log, env={**os.environ, **(env or {})})
        tick, end = threading.Event(), time.monotonic() + TIMEOUT
        while not answers(ready):
            assert self.process.poll() is None and time.monotonic() < end, log.read_text()
            tick.wait(0.1)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(TIMEOUT)
        self._log.close()


def answers(url: str) -> bool:
    with suppress(URLError, ConnectionError), urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


class Agent:
    """vmagent as a robot has it: our scrape file and environment, our arguments."""

    def __init__(self, folder: Path, agent: agent_unit.Agent) -> None:
        """Start it; the same folder again continues its queue."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._port = folder, free_port()
        listen = f'127.0.0.1:{self._port}'
        (folder / 'scrape.yml').write_text(
            agent_unit.scrape_text(agent).replace(agent_unit.LISTEN, listen))
        self._command = [
            'vmagent', *agent_unit.FLAGS, f'-promscrape.config={folder / "scrape.yml"}',
            f'-remoteWrite.tmpDataPath={folder / "queue"}', f'-httpListenAddr={listen}']
        self._env = dict(line.split('=', 1) for line in
                         agent_unit.environment_text(agent).splitlines() if line[0] != '#')
        self.start()

    def start(self) -> None:
        self._program = Program(self._folder / 'vmagent.log', self._command,
                                f'http://127.0.0.1:{self._port}/health', self._env)

    def end(self, number: int = signal.SIGTERM) -> None:
        self._program.end(number)

    def queued(self) -> int:
        """Return the bytes that its queue takes on disk."""
        return sum(file.stat().st_size for file in (self._folder / 'queue').rglob('*')
                   if file.is_file())

    def value(self, name: str) -> float:
        """Return the sum of one of its own metrics."""
        with urlopen(f'http://127.0.0.1:{self._port}/metrics', timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(' ', 1)[1]) for line in lines
                   if line.startswith((f'{name}{{', f'{name} ')))


class VictoriaMetrics:
    """A server with a storage of its own below a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self._program = Program(folder / 'vm.log', [
            'victoria-metrics', f'-storageDataPath={folder / "data"}', '-retentionPeriod=1d',
            f'-httpListenAddr=127.0.0.1:{self.port}', '-memory.allowedBytes=100MB',
            '-search.latencyOffset=0s'], f'{self.url}/health')

    def query(self, expr: str, **parameters: object) -> list[dict[str, Any]]:
        """Return a vector or matrix as Prometheus would."""
        url = f'{self.url}/api/v1/query?{urlencode({"query": expr, "nocache": 1, **parameters})}'
        with urlopen(url, timeout=TIMEOUT) as answer:
            result: list[dict[str, Any]] = json.load(answer)['data']['result']
        return result

    def close(self) -> None:
        self._program.end()


class Link:
    """A TCP link from a port of its own to another; cut, it refuses and ends what it carried."""

    def __init__(self, to_port: int) -> None:
        self._to, self.port = to_port, 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.mend()

    def mend(self) -> None:
        """Carry again, on the same port."""
        self._listener = socket.create_server(('127.0.0.1', self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, args=(self._listener,))
        self._thread.start()

    def cut(self) -> None:
        """Refuse, and end every connection, in the middle of a request or not."""
        shut(self._listener)
        self._thread.join()
        self._listener.close()
        with self._lock:
            for end in self._open:
                shut(end)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(('127.0.0.1', self._to), TIMEOUT)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._open |= {near, far}
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for end in (source, sink):
            shut(end)
        with self._lock:
            self._open.discard(source)
        source.close()


def shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
