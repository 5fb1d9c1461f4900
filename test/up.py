"""`flywheel up` in a process of its own, for tests of the whole stack."""

import contextlib
import json
import os
from pathlib import Path
import subprocess
import sys
import threading
import time
from typing import Any

from flywheel_nodes.core.control import Gate
from flywheel_nodes.effects.run_dir import url_of

# A machine that is busy with something else holds the robot rightly, whatever else happens.
LOAD = {Gate.PAUSED, Gate.MONITOR, Gate.MONITOR_SILENT, Gate.ROBOT_SILENT, Gate.ESTOP_UNKNOWN,
        Gate.OWNER_UNKNOWN}
PORTS = ('--param', 'health_exporter.port:=0', '--param', 'teleop_relay.port:=0')


class Up:
    """The processes of one robot and what they print."""

    def __init__(self, data_dir: Path, *args: str, env: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.log = (data_dir.parent / f'{data_dir.name}.log').open('w+')
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--data-dir', str(data_dir),
             *PORTS, *args], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})})

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def wait_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said()
            return all(url_of(self.data_dir, name) for name in ('health_exporter', 'teleop_relay'))
        wait(ready, 'the stack to be up')

    def notes(self) -> dict[str, dict[str, Any]]:
        """Return what each running node has noted in its lock file."""
        found = {}
        for file in (self.data_dir / 'run').glob('*.lock'):
            with contextlib.suppress(ValueError):
                found[file.stem] = json.loads(file.read_text())
        return found

    def pids(self) -> dict[str, int]:
        return {name: int(note['pid']) for name, note in self.notes().items()}

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(60)
        self.log.close()


def wait(condition: object, what: str) -> None:
    tick, end = threading.Event(), time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, f'not within 30 s: {what}'
        tick.wait(0.05)
