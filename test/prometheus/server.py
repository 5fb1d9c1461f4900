"""A real Prometheus on loopback, for tests of what it makes of our series."""

from collections.abc import Callable
import json
from pathlib import Path
import shutil
import subprocess
import threading
import time
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from flywheel_nodes.effects.fleet.receiver import LISTENING

TIMEOUT = 30.0


def missing_prometheus() -> str:
    """Return why no server can be started here, '' if one can."""
    return '' if shutil.which('prometheus') else \
        'prometheus is not installed (Debian package prometheus)'


class Prometheus:
    """
    A server with a storage of its own below a folder; the same folder again continues it.

    :param config_text: the configuration; rule_files are relative to the folder
    :param extra: further arguments, e.g. '--web.enable-remote-write-receiver'
    :param port: 0 for a free one; another only to come back to where a sender looks for it
    """

    def __init__(self, folder: Path, config_text: str, *extra: str, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / 'prometheus.yml'
        self.config.write_text(config_text)
        self._log = (folder / 'prometheus.log').open('w+')
        self.process = subprocess.Popen(
            ['prometheus', f'--config.file={self.config}',
             f'--storage.tsdb.path={folder / "data"}', '--web.enable-lifecycle',
             f'--web.listen-address=127.0.0.1:{port}', *extra],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self.url = f'http://{self._wait(self._address, "it to listen")}'
            self._wait(self._ready, 'it to be ready')
        except AssertionError:
            self.close()
            raise

    @property
    def port(self) -> int:
        """Return the TCP port it listens on."""
        return int(self.url.rsplit(':', 1)[1])

    def said(self) -> str:
        """Return its log so far."""
        return Path(self._log.name).read_text()

    def get(self, path: str, **parameters: object) -> Any:
        """Return the data of an answer of the API, e.g. get('targets')."""
        url = f'{self.url}/api/v1/{path}?{urlencode(parameters)}'
        with urlopen(url, timeout=TIMEOUT) as answer:
            return json.load(answer)['data']

    def query(self, expr: str, **parameters: object) -> list[dict[str, Any]]:
        """Return the instant vector: [{'metric': {label: value}, 'value': [time, text]}]."""
        result: list[dict[str, Any]] = self.get('query', query=expr, **parameters)['result']
        return result

    def query_range(self, expr: str, start: float, end: float,
                    step: float) -> list[dict[str, Any]]:
        """Return the matrix: [{'metric': {label: value}, 'values': [[time, text], ...]}]."""
        result: list[dict[str, Any]] = self.get(
            'query_range', query=expr, start=start, end=end, step=step)['result']
        return result

    def until(self, expr: str, timeout: float = TIMEOUT) -> list[dict[str, Any]]:
        """Return the instant vector as soon as it has a sample."""
        return list(self._wait(lambda: self.query(expr), f'a sample of {expr}', timeout))

    def close(self) -> None:
        """End the process and wait for it."""
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._log.close()

    def _address(self) -> str:
        found = LISTENING.search(self.said())
        return found[1] if found else ''

    def _ready(self) -> bool:
        try:
            with urlopen(f'{self.url}/-/ready', timeout=TIMEOUT) as answer:
                return bool(answer.status == 200)
        except URLError:
            return False

    def _wait(self, condition: Callable[[], Any], what: str, timeout: float = TIMEOUT) -> Any:
        tick, end = threading.Event(), time.monotonic() + timeout
        while not (result := condition()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, f'not within {timeout} s: {what}\n{self.said()}'
            tick.wait(0.1)
        return result
