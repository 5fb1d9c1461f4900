"""A process that holds the lock of a node, and what one that crashed leaves behind."""

import json
import os
from pathlib import Path
import subprocess
import sys

from flywheel_nodes.effects.run_dir import prepare

SCRIPT = """
from pathlib import Path
import sys
from flywheel_nodes.effects.run_dir import Instance
held = Instance(Path(sys.argv[1]), sys.argv[2])
print(held.restarts, flush=True)
sys.stdin.read()
held.close()
"""


class Holder:
    """Runs from its making until kill() or end(); restarts: as its lock counts them."""

    def __init__(self, data_dir: Path, node: str, **environ: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, '-c', SCRIPT, str(data_dir), node], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environ})
        assert self._process.stdout
        self.pid, self.restarts = self._process.pid, int(self._process.stdout.readline())

    def kill(self) -> None:
        """Let it crash, unless it has ended already."""
        self._process.kill()
        self._process.communicate()

    def end(self) -> None:
        """Have it end cleanly."""
        self._process.communicate()
        assert self._process.returncode == 0


def crashed(data_dir: Path, node: str, pid: int, boot: str = '') -> None:
    """Leave the lock of a node that crashed; boot: of an earlier start of the machine."""
    this_boot = Path('/proc/sys/kernel/random/boot_id').read_text().strip()
    content = {'pid': pid, 'boot': boot or this_boot, 'restarts': 5, 'url': 'http://h:1',
               'domain': '7'}
    (prepare(data_dir) / 'run' / f'{node}.lock').write_text(json.dumps(content))
