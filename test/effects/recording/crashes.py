"""
Writes snippets again and again, killed at another step each time.

Run as `python -m test.effects.recording.crashes FOLDER`: run N works in FOLDER/N and is killed
(SIGKILL, by itself) at its Nth step that changes the disk; half of a write that is a step still
happens. What a run announced is in FOLDER/N/announced. The last run is the one that comes to its
end.
"""

import os
from pathlib import Path
import signal
import sys
from typing import Any

from flywheel_nodes.effects.recording import durable
from flywheel_nodes.effects.recording.snippet_store import End, Saved, SnippetStore, Start
from test.effects.recording.snippets import label, records, SOURCES

_CHANGES = ('os.rename', 'os.mkdir', 'os.remove', 'sqlite3.connect')


class Steps:
    """Counts what changes the disk and ends the process at one of them."""

    def __init__(self, last: int, folder: Path) -> None:
        self._left = last
        self._folder = str(folder)
        self._fsync, self._write = os.fsync, durable.HashedFile.write
        os.fsync = self.fsync
        durable.HashedFile.write = lambda file, data: self.write(file, data)
        sys.addaudithook(self.audit)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        opened = event == 'open' and isinstance(args[1], str) and args[1][0] in 'wxa'
        if (opened or event in _CHANGES) and str(args[0]).startswith(self._folder):
            self.count()

    def count(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(self, handle: int) -> None:
        self.count()
        self._fsync(handle)

    def write(self, file: durable.HashedFile, data: bytes) -> int:
        if self._left == 1:
            self._write(file, data[:len(data) // 2])
            file.flush()
        self.count()
        return self._write(file, data)


def run(folder: Path, last: int) -> None:
    """Write two snippets, one of them in several batches, and announce what is saved."""
    announced = os.open(folder / 'announced', os.O_CREAT | os.O_WRONLY)
    Steps(last, folder)
    store = SnippetStore(folder, SOURCES, compression='zstd', queue_bytes=10**9, min_free_bytes=0)
    for number in (1, 2):
        store.begin(Start(number, label(number), (), records(50)))
        for first in range(50, 200, 50):
            store.append(number, records(50, first))
        store.end(End(number, label(number), {}))
    store.close(60.0)
    for outcome in store.outcomes():
        if isinstance(outcome, Saved):
            os.write(announced, f'{outcome.path.name}\n'.encode())


def main(folder: Path) -> int:
    """Run until a run comes to its end; return how many there were."""
    for number in range(1, 1000):
        place = folder / str(number)
        place.mkdir()
        child = os.fork()
        if child == 0:
            run(place, number)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return number
    return 0


if __name__ == '__main__':
    print(main(Path(sys.argv[1])))
