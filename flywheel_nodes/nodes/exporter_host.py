"""What the exporter tells of its machine and of the processes of our nodes."""

from collections.abc import Callable
from functools import partial
import threading

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import FlywheelError
from flywheel_nodes.core.metrics import Readings
from flywheel_nodes.effects import host
from flywheel_nodes.effects.process_usage import ProcessUsage
from flywheel_nodes.nodes.shell import Shell

EVERY_S = 2.0
SLOW_EVERY = 5  # what changes slowly, or asks hardware or other programs
STALE_AFTER = 60 * SECOND  # nothing takes as long unless it hangs
Source = Callable[[], Readings]


class HostSource:
    """Reads in a thread of its own: a disk or sensor that hangs must not hold up the loop."""

    def __init__(self, shell: Shell) -> None:
        """Begin to read."""
        self._shell = shell
        self._fast = (host.machine, host.network, ProcessUsage(shell.data_dir).read)
        self._slow = (partial(host.disks, shell.data_dir), host.temperatures, host.clock)
        self._told: dict[Source, Readings] = {}
        self._fresh, self._heard = False, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='host', daemon=True)
        self._thread.start()

    def _run(self) -> None:
        turn = 0
        while not self._stop.is_set():
            for source in (*self._fast, *(self._slow if turn % SLOW_EVERY == 0 else ())):
                self._read(source)
            turn += 1
            self._stop.wait(EVERY_S)

    def _read(self, source: Source) -> None:
        readings: Readings = {}
        try:
            readings = source()
        except OSError as error:
            self._shell.log.warning(f'the machine does not tell: {error}',
                                    throttle_duration_sec=600.0)
        self._shell.later(partial(self._take, source, readings))

    def _take(self, source: Source, readings: Readings) -> None:
        """Tell what a source says now, and no more what it said before."""
        self._fresh = True
        gone: Readings = {name: {} for name in self._told.get(source, ())}
        self._told[source] = readings
        self._shell.metrics.fill({**gone, **readings})

    def check(self, now: int) -> None:
        """Refuse to go on with readings that are no more renewed; now: monotonic, in ns."""
        if not self._thread.is_alive():
            raise FlywheelError('the thread that reads the machine has ended')
        if self._fresh:
            self._fresh, self._heard = False, now
        elif now - self._heard > STALE_AFTER and any(self._told.values()):
            self._shell.log.error(f'the machine has told nothing for {STALE_AFTER / SECOND:.0f} s:'
                                  ' a disk or a sensor hangs')
            for source in self._told:
                self._take(source, {})

    def close(self) -> None:
        """Stop reading; one that hangs is left behind."""
        self._stop.set()
        self._thread.join(EVERY_S)
