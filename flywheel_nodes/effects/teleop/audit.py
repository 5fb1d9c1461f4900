"""
The audit log: who asked what of the relay, when, and from where.

DATA_DIR/audit/audit.jsonl is written by a thread of its own; files that are full are numbered,
audit.1.jsonl being the newest of them. What changes who holds or stops the robot is on the disk
before the next line is written. No line holds a token, a resume secret or a note of an operator.
"""

from collections.abc import Callable, Mapping
import contextlib
import json
import os
from pathlib import Path
import queue
import threading
import time

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.bucket import Bucket
from flywheel_nodes.core.teleop.deeds import Audited
from flywheel_nodes.effects.recording.durable import sync_folder

# What, who, from where, and more.
Write = Callable[[Audited, str, str, Mapping[str, str]], None]
WAITING = 1000
CLOSE_S = 2.0
LONGEST_VALUE = 200
REFUSALS_PER_S = 2.0
REFUSALS_AT_ONCE = 50.0
FULL, FAILED, CROWDED = 'queue_full', 'write_failed', 'refusals'
# These must survive whatever comes next.
SYNCED = frozenset((
    Audited.LEASE_GRANTED, Audited.LEASE_TAKEN, Audited.LEASE_ENDED, Audited.STOP,
    Audited.RESUME))


class Audit:
    """
    Takes lines at any time and from any thread; never waits and never raises.

    written: lines on file; lost: lines that are not, by reason; error: why the last was lost, ''
    when it was not.
    """

    def __init__(self, folder: Path, most_bytes: int, most_files: int) -> None:
        """
        Begin; the folder is made with the first line.

        :param most_bytes: a file is full at this size
        :param most_files: so many are kept, the one that is written included
        """
        self.written = 0
        self.lost = dict.fromkeys((FULL, FAILED, CROWDED), 0)
        self.error = ''
        self._file = folder / 'audit.jsonl'
        self._most_bytes = most_bytes
        self._most_files = most_files
        # A flood of refusals must not wash out what is older, and worth more.
        self._refusals = Bucket(REFUSALS_PER_S, REFUSALS_AT_ONCE)
        self._lines: queue.Queue[tuple[str, bool] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name='audit', daemon=True)
        self._thread.start()

    def write(self, what: Audited, who: str, where: str,
              values: Mapping[str, str]) -> None:
        """
        Write a line.

        :param who: the operator, '' while unknown
        :param where: the address of the other end, '' for the relay itself
        """
        if what is Audited.LOGIN_REFUSED and not self._refusals.take(time.monotonic_ns()):
            self.lost[CROWDED] += 1
            return
        try:
            self._lines.put_nowait((_line(what, who, where, values), what in SYNCED))
        except queue.Full:
            self.lost[FULL] += 1

    def close(self) -> None:
        """Write what waits and end; not longer than CLOSE_S, should the disk hang."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=CLOSE_S)
        self._thread.join(CLOSE_S)

    # --- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        while (entry := self._lines.get()) is not None:
            try:
                self._append(*entry)
            except OSError as error:
                self.lost[FAILED] += 1
                self.error = f'{self._file}: {error.strerror}'
            else:
                self.written += 1
                self.error = ''

    def _append(self, line: str, sync: bool) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = line.encode()
        if self._size() + len(data) > self._most_bytes:
            self._rotate()
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW,
                         0o600)
        try:
            os.write(handle, data)
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)

    def _size(self) -> int:
        return self._file.stat().st_size if self._file.exists() else 0

    def _rotate(self) -> None:
        names = [self._file, *(self._file.with_name(f'audit.{n}.jsonl')
                               for n in range(1, self._most_files))]
        for older, newer in zip(reversed(names), list(reversed(names))[1:], strict=False):
            if newer.exists():
                newer.replace(older)
        sync_folder(self._file.parent)


def _line(what: Audited, who: str, where: str, values: Mapping[str, str]) -> str:
    seconds, ns = divmod(time.time_ns(), SECOND)
    when = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))
    shown = {name: value[:LONGEST_VALUE] for name, value in values.items()}
    # JSON in ASCII: no value can begin a line of its own.
    return json.dumps({'time': f'{when}.{ns // 1_000_000:03}Z', 'what': str(what),
                       'who': who[:LONGEST_VALUE], 'from': where, **shown}) + '\n'
