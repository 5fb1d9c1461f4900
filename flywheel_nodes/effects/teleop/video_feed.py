"""One camera and those who watch it: of its frames there is only ever the newest."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.teleop.latency import RemoteClock
from flywheel_nodes.core.teleop.video_ladder import ladder, Rung
from flywheel_nodes.core.teleop.video_messages import Ack, Want
from flywheel_nodes.core.teleop.video_shots import Coded, Shot, USUAL_WIDTH
from flywheel_nodes.effects.teleop.video_coder import Coder
from flywheel_nodes.effects.teleop.video_viewer import Viewer


@dataclass
class Counts:
    """What has happened so far; ages: of frames at their display in s, taken by the reader."""

    sent: int = 0
    skipped: int = 0
    acked: int = 0
    broken: int = 0
    bytes: int = 0
    encoded: int = 0
    encode_ns: int = 0
    ages: deque[float] = field(default_factory=lambda: deque(maxlen=1024))


class Feed:
    """Lives in the event loop; a step of the ladder that nobody needs is never coded."""

    def __init__(self, most_rate: float, coder: Callable[[], Coder],
                 sent: Callable[[Shot], None], clock: Callable[[], int]) -> None:
        """
        Begin without a frame and without viewers.

        :param most_rate: frames per second to one viewer
        :param sent: is told of each frame that goes out
        :param clock: the monotonic one, in ns
        """
        self.viewers: set[Viewer] = set()
        self.counts = Counts()
        self._most_rate = most_rate
        self._coder = coder
        self._sent = sent
        self._clock = clock
        self._newest: Shot | None = None
        self._coded: dict[Rung, Coded] = {}
        self._coding: set[Rung] = set()
        self._width = 0

    def enter(self, viewer: Viewer) -> None:
        """Take in a viewer."""
        self.viewers.add(viewer)
        self.want(viewer, Want())

    def want(self, viewer: Viewer, want: Want) -> None:
        """Hear what a viewer can use."""
        viewer.want = want
        self._bound(viewer)
        self._serve(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        self.viewers.discard(viewer)
        if viewer.timer:
            viewer.timer.cancel()
        if not self.viewers:
            self._newest, self._coded = None, {}

    def take(self, shot: Shot) -> None:
        """Take a frame in place of the one before."""
        if not self.viewers:
            return
        self._newest, self._coded = shot, {}
        if shot.width != self._width:
            self._width = shot.width
            for viewer in self.viewers:
                self._bound(viewer)
        for viewer in self.viewers:
            self._serve(viewer)

    def ack(self, viewer: Viewer, ack: Ack, theirs: RemoteClock | None) -> bool:
        """Take an acknowledgement; False for a frame that nobody waits for."""
        shown = viewer.ack(ack, theirs)
        if shown is None:
            return False
        self.counts.acked += 1
        self.counts.ages.append(shown.age_ns / SECOND)
        self._serve(viewer)
        return True

    def _bound(self, viewer: Viewer) -> None:
        width, want = self._width or USUAL_WIDTH, viewer.want
        viewer.pace.allow(ladder(min(width, want.width or width)),
                          min(self._most_rate, want.rate or self._most_rate))

    # --- one viewer's next frame ----------------------------------------------------------------

    def _serve(self, viewer: Viewer) -> None:
        """Send the newest frame, or see to it that this is done when it may be."""
        shot = self._newest
        if shot is None or shot.number <= viewer.number:
            return
        wait = viewer.wait(self._clock())
        if wait:
            self._later(viewer, wait)
        elif wait == 0:
            coded = self._of(shot, viewer.pace.rung)
            if coded:
                self._send(viewer, coded)

    def _later(self, viewer: Viewer, wait_ns: int) -> None:
        if viewer.timer:
            viewer.timer.cancel()
        viewer.timer = asyncio.get_running_loop().call_later(
            wait_ns / SECOND, self._serve, viewer)

    def _send(self, viewer: Viewer, coded: Coded) -> None:
        counts, passed = self.counts, coded.shot.number - viewer.number - 1
        counts.skipped += passed if viewer.number else 0
        counts.sent += 1
        counts.bytes += len(coded.picture)
        self._sent(coded.shot)
        viewer.put(coded)

    # --- coding ---------------------------------------------------------------------------------

    def _of(self, shot: Shot, rung: Rung) -> Coded | None:
        """Return the frame at a step; None while it is coded, which serves all who wait for it."""
        coded = self._coded.get(rung) or shot.as_it_came(rung)
        if coded:
            self._coded[rung] = coded
        elif rung not in self._coding:
            self._coding.add(rung)
            loop = asyncio.get_running_loop()
            self._coder().submit(shot, rung).add_done_callback(
                lambda done: loop.call_soon_threadsafe(self._done, rung, done))
        return coded

    def _done(self, rung: Rung, done: 'Future[Coded]') -> None:
        self._coding.discard(rung)
        if done.cancelled():
            return
        try:
            coded = done.result()
        except WireError:
            self.counts.broken += 1
            return
        self.counts.encoded += 1
        self.counts.encode_ns += coded.encode_ns
        if self._newest is coded.shot:
            self._coded[rung] = coded
        for viewer in self.viewers:
            # A frame may have come meanwhile: this one is done, the next one would be late again.
            if (viewer.pace.rung == rung and coded.shot.number > viewer.number
                    and viewer.wait(self._clock()) == 0):
                self._send(viewer, coded)
