"""
/video/CAMERA: pictures on sockets of their own, so that they never stand before a command.

It lives in the relay's event loop. Frames are handed in by the node's thread and coded in threads
of their own, which are started with the first frame that has to be coded.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import contextlib
from dataclasses import dataclass, replace
import time

from aiohttp import web, WSCloseCode, WSMsgType

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Request, TeleopCommand
from flywheel_nodes.core.teleop.answers import CameraLatency, Latency
from flywheel_nodes.core.teleop.bucket import Bucket
from flywheel_nodes.core.teleop.codec import encode
from flywheel_nodes.core.teleop.latency import RemoteClock
from flywheel_nodes.core.teleop.protocol import Close, Login, Rejected
from flywheel_nodes.core.teleop.video_ladder import ladder
from flywheel_nodes.core.teleop.video_messages import Ack, decode, Watching
from flywheel_nodes.core.teleop.video_rate import Pace
from flywheel_nodes.core.teleop.video_shots import Sent, Shot, USUAL_WIDTH

# Not only when it is needed: to load OpenCV takes 0.1 s in which no command gets through.
from flywheel_nodes.effects.teleop.video_coder import Coder
from flywheel_nodes.effects.teleop.video_feed import Feed
from flywheel_nodes.effects.teleop.video_viewer import Viewer

LATENCY_PERIOD_NS = SECOND // 2
STRIKES = 20
# Two messages a frame are plenty.
MESSAGES_PER_FRAME = 2.0


@dataclass(frozen=True)
class VideoSettings:
    """rate: frames per second to one viewer; viewers: of one camera; workers: coding threads."""

    rate: float = 15.0
    viewers: int = 32
    workers: int = 1


class VideoServer:
    """The cameras' feeds; feeds: by camera, in the robot's order."""

    def __init__(self, cameras: Sequence[str], settings: VideoSettings,
                 clock_of: Callable[[int], RemoteClock | None]) -> None:
        """
        Begin without viewers.

        :param clock_of: the clock of a client of /control, as its pongs tell it
        """
        self.stalled = self.flooded = 0
        self._settings = settings
        self._clock_of = clock_of
        self._coder: Coder | None = None
        self._sent = Sent()
        self._told_ns = 0
        self.feeds: Mapping[str, Feed] = {name: Feed(
            settings.rate, self.coder, self._note, time.monotonic_ns) for name in cameras}

    def coder(self) -> Coder:
        """Return what codes frames, made with the first that has to be."""
        self._coder = self._coder or Coder(self._settings.workers)
        return self._coder

    def _note(self, shot: Shot) -> None:
        self._sent.note(shot.id, shot.captured_ns)

    # --- for other threads ----------------------------------------------------------------------

    def watched(self, camera: str) -> bool:
        """Say whether somebody watches a camera."""
        return bool(self.feeds[camera].viewers)

    # --- for the relay, in the event loop -------------------------------------------------------

    def take(self, camera: str, shot: Shot) -> None:
        """Take a frame."""
        self.feeds[camera].take(shot)

    def full(self, camera: str) -> bool:
        """Say whether a camera has as many viewers as it may have."""
        return len(self.feeds[camera].viewers) >= self._settings.viewers

    def stamped(self, command: TeleopCommand) -> TeleopCommand:
        """Return a command that says when the frame was captured that its operator sees."""
        if command.request is not Request.DRIVE or not command.frame:
            return command
        return replace(command, seen_ns=self._sent.seen_ns(command.frame))

    def latencies(self, now: int) -> list[tuple[int, str]]:
        """Return what clients are to be told of what they see, now and then."""
        if now - self._told_ns < LATENCY_PERIOD_NS:
            return []
        self._told_ns = now
        seen: dict[int, dict[str, CameraLatency]] = {}
        for camera, feed in self.feeds.items():
            for viewer in feed.viewers:
                if viewer.client and viewer.sight:
                    seen.setdefault(viewer.client, {})[camera] = _told(camera, viewer, now)
        return [(client, encode(Latency(cameras=tuple(cameras.values()))))
                for client, cameras in seen.items()]

    def say_goodbye(self) -> None:
        """Let all viewers go."""
        for feed in self.feeds.values():
            for viewer in feed.viewers:
                viewer.closing.set()

    def close(self) -> None:
        """End the threads that code; call it before the loop is closed."""
        if self._coder:
            self._coder.close()

    # --- one viewer -----------------------------------------------------------------------------

    async def watch(self, ws: web.WebSocketResponse, camera: str, client: int) -> None:
        """
        Serve a viewer that was let in until it is gone.

        :param client: the connection on /control whose secret it showed, 0 for none
        """
        with contextlib.suppress(ConnectionError):
            await self._watch(ws, camera, client)

    async def _watch(self, ws: web.WebSocketResponse, camera: str, client: int) -> None:
        feed, settings = self.feeds[camera], self._settings
        if self.full(camera):  # by those who came while this one said hello
            await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, message=Login.FULL.encode())
            return
        pace = Pace(ladder(USUAL_WIDTH), settings.rate)
        viewer = Viewer(ws, client, list(self.feeds).index(camera), pace, time.monotonic_ns)
        await ws.send_str(encode(Watching(camera=camera, rate=settings.rate)))
        feed.enter(viewer)
        tasks = [asyncio.ensure_future(work) for work in (
            viewer.run(), self._receive(feed, viewer, ws), self._mind(viewer),
            viewer.closing.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            feed.leave(viewer)
            for task in tasks:
                task.cancel()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
        await ws.close(code=viewer.code, message=viewer.because.encode())

    async def _receive(self, feed: Feed, viewer: Viewer, ws: web.WebSocketResponse) -> None:
        bucket, strikes = Bucket(MESSAGES_PER_FRAME * self._settings.rate + 10.0), 0
        while strikes < STRIKES:
            message = await ws.receive()
            good = bucket.take(time.monotonic_ns())
            if message.type is WSMsgType.TEXT:
                good = good and self._hear(feed, viewer, message.data)
            elif message.type is WSMsgType.PING:
                await ws.pong(message.data)
            elif message.type is not WSMsgType.PONG:
                return
            strikes = max(0, strikes - 1) if good else strikes + 1
        self.flooded += 1
        viewer.code, viewer.because = Close.FLOOD, 'flood'

    def _hear(self, feed: Feed, viewer: Viewer, text: str) -> bool:
        """Take a message; False for one that is refused."""
        try:
            said = decode(text)
        except Rejected:
            return False
        if isinstance(said, Ack):
            return feed.ack(viewer, said, self._clock_of(viewer.client))
        feed.want(viewer, said)
        return True

    async def _mind(self, viewer: Viewer) -> None:
        """Return when a viewer has not acknowledged for too long."""
        while not viewer.stalled(time.monotonic_ns()):
            await asyncio.sleep(1.0)
        self.stalled += 1
        viewer.code, viewer.because = Close.TIMEOUT, 'slow'


def _told(camera: str, viewer: Viewer, now: int) -> CameraLatency:
    sight, rung = viewer.sight, viewer.pace.rung
    assert sight is not None
    return CameraLatency(
        camera=camera, frame=str(sight.capture_id), width=rung.width, quality=rung.quality,
        rate=round(SECOND / viewer.pace.period_ns, 1),
        age_ms=round((now - sight.captured_ns) / MILLISECOND, 1), **sight.latency.to_ms())
