"""
Requests that the relay repeats until flywheel/control shows that they were heard.

One message may be lost: a release, a stop or a resume is therefore an errand. They are run one
after the other, each with the sequence number it began with, so that hearing it twice is harmless.
Only a stop is repeated for as long as it takes.
"""

from collections import deque
from dataclasses import dataclass

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Control, Mode, Request, TeleopCommand

REPEAT_NS = 40 * MILLISECOND
GIVE_UP_NS = 5 * SECOND  # an arbiter that stood still must hear why a takeover ended
BLOCKS_NS = SECOND  # but who comes next does not wait for that
RESUME_SENDS = 2


@dataclass
class _Errand:
    command: TeleopCommand
    started_ns: int = 0
    sent_ns: int = 0
    sends: int = 0

    def blocks(self, now_ns: int) -> bool:
        """Say whether the next lease must wait for it: for a stop always, for an end a while."""
        if self.command.request is Request.RELEASE:
            return not self.sends or now_ns - self.started_ns < BLOCKS_NS
        return self.command.request is Request.STOP

    def over(self, control: Control | None, heard_ns: int, now_ns: int, waited: bool) -> bool:
        """Say whether it was heard, or is given up; waited: another one waits for it."""
        if self.sends == 0:
            return False
        request, heard = self.command.request, control and heard_ns > self.started_ns
        if request is Request.STOP:  # never given up: an arbiter that comes back must hear it
            return bool(control and heard and control.mode is Mode.STOPPED)
        if now_ns - self.started_ns >= (BLOCKS_NS if waited else GIVE_UP_NS):
            return True
        if request is Request.RESUME:
            return self.sends >= RESUME_SENDS
        return bool(control and heard and control.epoch != self.command.epoch)


class Errands:
    """The errands that are still to be run; at most one of each request and lease."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._errands: deque[_Errand] = deque(maxlen=8)

    def blocking(self, now_ns: int) -> bool:
        """Tell whether an end of the last lease is to be heard before the next may speak."""
        return any(e.blocks(now_ns) for e in self._errands)

    def add(self, command: TeleopCommand) -> None:
        """Take an errand; a stop goes first and makes waiting resumes void."""
        if any(e.command.request is command.request and e.command.lease == command.lease
               for e in self._errands):
            return
        if command.request is Request.STOP:
            kept = [e for e in self._errands if e.command.request is not Request.RESUME]
            self._errands = deque([_Errand(command), *kept], maxlen=8)
        else:
            self._errands.append(_Errand(command))

    def run(self, control: Control | None, heard_ns: int, now_ns: int) -> list[TeleopCommand]:
        """
        Return what is to be published now.

        :param control: the newest content of flywheel/control, heard at heard_ns
        """
        while self._errands and self._errands[0].over(
                control, heard_ns, now_ns, len(self._errands) > 1):
            self._errands.popleft()
        if not self._errands:
            return []
        first = self._errands[0]
        if first.sends and now_ns - first.sent_ns < REPEAT_NS:
            return []
        first.started_ns = first.started_ns or now_ns
        first.sent_ns = now_ns
        first.sends += 1
        return [first.command]
