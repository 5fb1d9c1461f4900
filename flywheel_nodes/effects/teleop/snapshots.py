"""Pictures for the robot's requests for help: small, coded one at a time, only when wanted."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.teleop.help_queue import Snapshot
from flywheel_nodes.core.teleop.video_shots import Coded, Shot
from flywheel_nodes.effects.teleop.video_coder import Coder


class Snapshots:
    """Lives in the event loop; failed: how many frames could not be coded."""

    def __init__(self, coder: Callable[[], Coder], done: Callable[[Snapshot], None]) -> None:
        """Begin without a picture; done: is given each one in the event loop."""
        self.failed = 0
        self._coder = coder
        self._give = done
        self._coding = False

    def take(self, shot: Shot) -> None:
        """Begin to make a picture of a frame, unless one is being made."""
        if self._coding:
            return
        self._coding = True
        loop = asyncio.get_running_loop()
        self._coder().shrink(shot).add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._done, done))

    def _done(self, done: 'Future[Coded]') -> None:
        self._coding = False
        if done.cancelled():
            return
        try:
            coded = done.result()
        except WireError:
            self.failed += 1
            return
        self._give(Snapshot(str(coded.shot.id), bytes(coded.picture)))
