"""What the thread that writes does besides: it tells what it finds and raises nothing."""

from collections import deque
import time

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.effects.recording.judgements import Judgement
from flywheel_nodes.effects.recording.outcomes import Blocked, Clear, Outcome, reason, Trouble
from flywheel_nodes.effects.recording.reconcile import Fate
from flywheel_nodes.effects.recording.shelf import Shelf
from flywheel_nodes.effects.recording.snippet_file import Saved

RETRY_S, RETRY_MOST_S = 2.0, 600.0


class Upkeep:
    """
    Clears up, makes room, and knows whether the disk takes snippets.

    refused: why it takes none now, '' when it does; outcomes: where all is told.
    """

    def __init__(self, shelf: Shelf, outcomes: deque[Outcome]) -> None:
        """Take care of a shelf."""
        self.refused = ''
        self._shelf = shelf
        self._outcomes = outcomes
        self._blocked_at = 0.0
        self._retry_at, self._retry_s = 0.0, RETRY_S

    def begin(self) -> None:
        """Clear up after a crash, and see what there is."""
        self._tidy()
        self._make_room()
        self.measure()

    def keep(self, saved: Saved) -> None:
        """Give a new snippet its row, and have others make room for it."""
        try:
            self._shelf.add(saved)
        except StorageError as error:
            self._trouble(error)
        self._outcomes.append(saved)
        self._make_room()
        self.measure()

    def judge(self, judgement: Judgement) -> None:
        """Write how the policy fared into the snippets that it concerns."""
        try:
            self._shelf.judgements.take(judgement)
        except (OSError, StorageError) as error:
            self._trouble(error)

    def failed(self, error: Exception, left: bool) -> None:
        """Note that a snippet could not be written; left: something of it lies in staging."""
        self._shelf.left |= left
        if isinstance(error, OSError):
            self._block(reason(error))

    def check(self) -> str:
        """Notice that the disk is full, or that it takes snippets again; return `refused`."""
        try:
            because = self._shelf.refusal()
            if because:
                self._make_room()
                because = self._shelf.refusal()
            if self.refused:
                because = because or self._shelf.probe()
        except OSError as error:
            because = reason(error)
        if because:
            self._block(because)
        elif self.refused:
            self._outcomes.append(Clear(time.monotonic() - self._blocked_at))
            self.refused = ''
            self._retry_at = 0.0
            self._make_room()
            self.measure()
        return self.refused

    def settle(self) -> None:
        """Settle what was left behind, while nothing is being written; again and again."""
        waiting = self._shelf.stale or self._shelf.left
        if not waiting or self.refused or time.monotonic() < self._retry_at:
            return
        self._tidy()
        again = self._shelf.stale or self._shelf.left
        self._retry_s = min(RETRY_MOST_S, 2 * self._retry_s) if again else RETRY_S
        self._retry_at = time.monotonic() + self._retry_s

    def measure(self) -> None:
        """Tell what the disk holds."""
        try:
            self._outcomes.append(self._shelf.room())
        except (OSError, StorageError):
            return  # said already by whoever needed the disk

    def _tidy(self) -> None:
        try:
            for found in self._shelf.tidy():
                left = found.fate is Fate.LEFT
                self._outcomes.append(Trouble(f'{found.name}: {found.reason}') if left else found)
            self._outcomes.extend(map(Trouble, self._shelf.damaged()))
        except (OSError, StorageError) as error:
            self._trouble(error)

    def _make_room(self) -> None:
        try:
            for evicted in self._shelf.make_room():
                self._outcomes.append(evicted)
        except (OSError, StorageError) as error:
            self._trouble(error)

    def _block(self, because: str) -> None:
        if not self.refused:
            self._blocked_at = time.monotonic()
            self._outcomes.append(Blocked(because, self._free()))
        self.refused = because

    def _free(self) -> int:
        try:
            return self._shelf.root.free_bytes()
        except OSError:
            return 0

    def _trouble(self, error: Exception) -> None:
        self._outcomes.append(Trouble(reason(error)))
