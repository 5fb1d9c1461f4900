"""
Writes snippets again and again and is killed (SIGKILL) each time, in a folder of its own.

`python -m test.effects.recording.crashes steps FOLDER`: run N is killed at its Nth step that
changes the disk; half of a write that is a step still happens. The last run comes to its end.
`... random FOLDER COUNT`: run N is killed after a time by chance.

What a run announced is in FOLDER/N/announced, a line each: name and SHA-256. Only two snippets
are kept at a time, so that there are removals to be killed in as well.
"""

from collections.abc import Callable
import os
from pathlib import Path
import random
import signal
import sys
import time
from typing import Any

from flywheel_nodes.core.recording.retention import Quota
from flywheel_nodes.effects.recording import durable, msgdefs
from flywheel_nodes.effects.recording.snippet_file import End, Saved, Start
from flywheel_nodes.effects.recording.snippet_store import Settings, SnippetStore
from test.effects.recording.snippets import label, records, SOURCES

KEPT = 2
SIZE = 200
LONGEST_S = 0.2
_CHANGES = ('os.rename', 'os.mkdir', 'os.remove', 'os.rmdir', 'sqlite3.connect')


class Steps:
    """Counts what changes the disk and ends the process at one of them."""

    def __init__(self, last: int, folder: Path) -> None:
        self._left = last
        self._folder = str(folder)
        self._write = durable.HashedFile.write
        os.fsync, os.fdatasync = self.counted(os.fsync), self.counted(os.fdatasync)
        durable.HashedFile.write = lambda file, data: self.write(file, data)
        sys.addaudithook(self.audit)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        opened = event == 'open' and isinstance(args[1], str) and args[1][0] in 'wxa'
        if (opened or event in _CHANGES) and self.ours(args[0]):
            self.count()

    def ours(self, path: object) -> bool:
        # shutil.rmtree names the entries of a folder without it.
        return str(path).startswith(self._folder) or not str(path).startswith('/')

    def count(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(self, function: Callable[[int], None]) -> Callable[[int], None]:
        def step(handle: int) -> None:
            self.count()
            function(handle)
        return step

    def write(self, file: durable.HashedFile, data: bytes) -> int:
        if self._left == 1:
            self._write(file, data[:len(data) // 2])
        self.count()
        return self._write(file, data)


def run(folder: Path, count: int) -> None:
    """Write snippets, each in several batches, and announce what is saved."""
    announced = os.open(folder / 'announced', os.O_CREAT | os.O_WRONLY)
    store = SnippetStore(folder, SOURCES, Settings(queue_bytes=10**9, quota=Quota(count=KEPT)))
    for number in range(1, count + 1):
        store.begin(Start(number, label(number), (), records(50)))
        for first in range(50, SIZE, 50):
            store.append(number, records(50, first))
        store.end(End(number, label(number), {}))
        while not announce(announced, store):
            time.sleep(0.0005)
    store.close(60.0)


def announce(file: int, store: SnippetStore) -> bool:
    """Write down what has been saved; return whether something was."""
    saved = [one for one in store.outcomes() if isinstance(one, Saved)]
    for one in saved:
        os.write(file, f'{one.path.name} {one.label.files[0].sha256}\n'.encode())
    return bool(saved)


def at_each_step(folder: Path) -> int:
    """Run until a run comes to its end; return how many there were."""
    for number in range(1, 1000):
        place = folder / str(number)
        place.mkdir()
        child = os.fork()
        if child == 0:
            Steps(number, place)
            run(place, KEPT + 1)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return number
    return 0


def at_random(folder: Path, count: int) -> int:
    """Kill as many runs as that, within the time that a run of three takes; return the number."""
    msgdefs.definition(SOURCES[1].type)  # so that a run does not spend its time on that
    msgdefs.type_hash(SOURCES[1].type)
    chance, longest = random.Random(4), 0.0
    for number in range(count + 1):
        place = folder / str(number)
        place.mkdir()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            run(place, KEPT + 1)
            os._exit(0)
        if longest:
            time.sleep(chance.uniform(0.0, longest))
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        longest = longest or min(LONGEST_S, time.monotonic() - began)
    return count


if __name__ == '__main__':
    where = Path(sys.argv[2])
    print(at_each_step(where) if sys.argv[1] == 'steps' else at_random(where, int(sys.argv[3])))
