"""One video socket: frames as its credit allows, and what its acknowledgements tell."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web, WSCloseCode

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.teleop.latency import Latency, RemoteClock, Shown, split
from flywheel_nodes.core.teleop.video_frame import Header
from flywheel_nodes.core.teleop.video_messages import Ack, Want
from flywheel_nodes.core.teleop.video_rate import Pace
from flywheel_nodes.core.teleop.video_shots import Coded

STALL_NS = 10 * SECOND
MOST_FLYING = 8


@dataclass(frozen=True)
class Sight:
    """The newest frame that a viewer has displayed, and how it came there."""

    capture_id: int
    captured_ns: int
    latency: Latency


class Viewer:
    """
    The only writer of its WebSocket; client: the connection on /control it belongs to.

    number: of the frame that was sent last, within its camera; sight: what it displays; want:
    what it can use; closing: set it to close the connection, with code and because.
    """

    def __init__(self, ws: web.WebSocketResponse, client: int, camera: int, pace: Pace,
                 clock: Callable[[], int]) -> None:
        """
        Begin without a frame.

        :param camera: its index in the robot's list
        :param clock: the monotonic one, in ns
        """
        self.client = client
        self.pace = pace
        self.want = Want()
        self.number = 0
        self.sight: Sight | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.closing = asyncio.Event()
        self.code, self.because = int(WSCloseCode.GOING_AWAY), 'the relay ends'
        self._ws = ws
        self._camera = camera
        self._clock = clock
        self._next: Coded | None = None
        self._wake = asyncio.Event()
        self._headers: OrderedDict[int, Header] = OrderedDict()

    def wait(self, now: int) -> int | None:
        """Return how long the next frame has to wait, 0 if it may go, None for an ack."""
        return None if self._next else self.pace.wait(now)

    def stalled(self, now: int) -> bool:
        """Say whether it has not acknowledged for so long that it is given up."""
        oldest = self.pace.oldest_ns
        return oldest is not None and now - oldest > STALL_NS

    def put(self, coded: Coded) -> None:
        """Have a frame sent now; only while wait() is 0."""
        self._next, self.number = coded, coded.shot.number
        self.pace.sent(coded.shot.id, self._clock())
        self._wake.set()

    async def run(self) -> None:
        """Send until the connection is lost."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                coded, self._next = self._next, None
                if coded:
                    await self._ws.send_bytes(self._header(coded).pack() + coded.picture)
        except ConnectionError:
            return

    def _header(self, coded: Coded) -> Header:
        shot = coded.shot
        header = Header(self._camera, shot.id, shot.captured_ns, self._clock(), coded.width,
                        coded.height, coded.encode_ns // 1000, flags=coded.flags)
        self._headers[shot.id] = header
        if len(self._headers) > MOST_FLYING:
            self._headers.popitem(last=False)
        return header

    def ack(self, ack: Ack, theirs: RemoteClock | None) -> Shown | None:
        """Take an acknowledgement; None for a frame that nobody waits for."""
        header, now = self._headers.pop(ack.frame, None), self._clock()
        if header is None:
            return None
        shown = Shown(header.captured_ns, header.sent_ns, 1000 * header.encode_us,
                      ack.t_received, ack.t_displayed, now)
        base = theirs.round_trip_ns if theirs else None
        if self.pace.acked(ack.frame, shown.display_ns, base, now) is None:
            return None
        latency = split(shown, theirs.offset if theirs else None)
        self.sight = Sight(ack.frame, header.captured_ns, latency)
        return shown
