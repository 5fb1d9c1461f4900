"""
Runs the processes of a robot where no ROS launch system is at hand.

A crashed process is started again with growing delay; one that crashes too often, or that refuses
its configuration (exit code 2), ends them all. Children die with the supervisor, even by kill -9.
"""

from collections.abc import Callable, Mapping, Sequence
import ctypes
import os
import signal
import subprocess
import time

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.restarts import Patience, Restarts
from flywheel_nodes.effects.flag import Flag

POLL = 0.05
# Beside others that want both cores, DDS alone takes seconds to wind up; systemd waits for 10 s.
GRACE = 8.0
BAD_CONFIGURATION = 2
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends; for Popen's preexec_fn."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """One process and its crashes."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str],
                 patience: Patience) -> None:
        """Begin without a running process."""
        self.name = name
        self.restarts = Restarts(patience)
        self.process: subprocess.Popen[bytes] | None = None
        self.due_ns = 0
        self._argv = list(argv)
        self._env = dict(env)

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(
            self._argv, env=self._env, stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=die_with_parent)

    def ended(self) -> int | None:
        """Return the exit code of a process that has ended, once; negative for a signal."""
        code = self.process.poll() if self.process else None
        if code is not None:
            self.process = None
        return code

    def signal(self, number: int) -> None:
        """Send a signal if the process runs."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)


class Supervisor:
    """The children and the rule by which they live."""

    def __init__(self, commands: Mapping[str, Sequence[str]], say: Callable[[str], None], *,
                 env: Mapping[str, str] | None = None, patience: Patience | None = None,
                 grace: float = GRACE) -> None:
        """
        Begin with nothing running.

        :param commands: argument list by process name
        :param say: prints a line for a person
        :param grace: what does not end this long after SIGTERM is killed, in s
        """
        self.stopping = Flag()
        self._grace = grace
        self._say = say
        self.children = [Child(name, argv, env or os.environ, patience or Patience())
                         for name, argv in commands.items()]

    def run(self, each: Callable[[], None] = lambda: None) -> int:
        """
        Start all, watch until stopping is set, then stop all.

        :param each: called every 50 ms
        :return: 0 after a stop that was asked for, 2 when a process refused its configuration,
            1 when one crashed too often
        """
        try:
            for child in self.children:
                child.start()
            while not self.stopping.is_set():
                code = self._look()
                if code is not None:
                    return code
                each()
                self.stopping.wait(POLL)
            return 0
        finally:
            self.stop()

    def pids(self) -> list[int]:
        """Return the process ids of those that run."""
        return [child.process.pid for child in self.children if child.process]

    def _look(self) -> int | None:
        now = time.monotonic_ns()
        for child in self.children:
            if child.process is None and now >= child.due_ns:
                child.start()
            code = child.ended()
            if code is not None:
                verdict = self._crashed(child, code, now)
                if verdict is not None:
                    return verdict
        return None

    def _crashed(self, child: Child, code: int, now: int) -> int | None:
        if code == BAD_CONFIGURATION:
            self._say(f'{child.name} refused its configuration (see above): stopping all')
            return BAD_CONFIGURATION
        how = f'by signal {signal.Signals(-code).name}' if code < 0 else f'with code {code}'
        delay = child.restarts.crashed(now)
        if delay is None:
            self._say(f'{child.name} ended {how}, {child.restarts.total} times by now: GIVING UP, '
                      'stopping all; its last lines above say why')
            return 1
        child.due_ns = now + int(delay * SECOND)
        self._say(f'{child.name} ended {how}: starting it again in {delay:g} s '
                  f'(restart {child.restarts.total})')
        return None

    def stop(self) -> None:
        """End every child: SIGTERM, and SIGKILL for those that are not gone in time."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        end = time.monotonic() + self._grace
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f'{child.name} does not end: killing it')
                child.process.kill()
                child.process.wait()
            child.process = None
