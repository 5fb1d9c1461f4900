"""
A viewer without a screen: the client side of /video, for tests, benches and programs.

    async with RelayClient() as client, VideoClient() as video:
        await client.connect(url, token)
        await video.connect(url, 'front', client.welcome.resume)
        async for frame in video.frames():
            show(frame.picture)  # JPEG
            ...
            await client.drive({'vx': 0.4}, frame=video.seen)

A frame counts as displayed, and is acknowledged, when the loop asks for the next one.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
import ssl
import time
from typing import Any

import aiohttp
from yarl import URL

from flywheel_nodes import __version__
from flywheel_nodes.core.errors import RelayError, WireError
from flywheel_nodes.core.teleop.asks import Hello
from flywheel_nodes.core.teleop.codec import encode
from flywheel_nodes.core.teleop.protocol import VERSION
from flywheel_nodes.core.teleop.video_frame import Codec, Header, unpack
from flywheel_nodes.core.teleop.video_messages import Ack, PATH, Want
from flywheel_nodes.effects.teleop.relay_link import LOOPBACK

TIMEOUT_S = 5.0
HEARTBEAT_S = 10.0
MOST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Frame:
    """A picture and what the relay says of it; received_ns: this machine's monotonic clock."""

    header: Header
    picture: bytes
    received_ns: int


class VideoClient:
    """
    One camera of one relay.

    newest: the frame displayed last, None before the first; count: how many were displayed;
    skipped: frames in a codec that is not known here; closed: why there is no connection.
    All methods raise RelayError when the connection is gone or the relay refuses.
    """

    def __init__(self) -> None:
        """Begin unconnected."""
        self.newest: Frame | None = None
        self.count = self.skipped = 0
        self.closed = 'not connected'
        self._http: aiohttp.ClientSession | None = None
        self._ws: Any = None

    async def __aenter__(self) -> 'VideoClient':
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def seen(self) -> str:
        """The capture id of the frame on display, '' before the first; for drive()."""
        return str(self.newest.header.capture_id) if self.newest else ''

    async def connect(self, url: str, camera: str, resume: str, *, width: int = 0,
                      rate: float = 0.0, tls: ssl.SSLContext | None = None) -> None:
        """
        Begin to watch a camera.

        :param url: of the relay, as for RelayClient
        :param camera: a name of welcome.cameras
        :param resume: the secret welcome.resume
        :param width: the widest picture that is of use in pixels, 0 for any
        :param rate: frames per second that are of use, 0 for any
        :param tls: as for RelayClient
        """
        target = URL(url).with_path(PATH.format(camera=camera))
        if target.scheme != 'wss' and target.host not in LOOPBACK:
            raise RelayError(f'{url}: a secret does not travel without TLS: use wss://')
        self._http = aiohttp.ClientSession()
        try:
            await asyncio.wait_for(self._greet(target, resume, tls), TIMEOUT_S)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            await self.close()
            status = getattr(error, 'status', '')
            raise RelayError(f'{target}: no video {status or error}') from None
        except RelayError:
            await self.close()
            raise
        if width or rate:
            await self._send(Want(width=width, rate=rate))

    async def _greet(self, target: URL, resume: str, tls: ssl.SSLContext | None) -> None:
        assert self._http is not None
        self._ws = await self._http.ws_connect(
            target, heartbeat=HEARTBEAT_S, max_msg_size=MOST_BYTES,
            ssl=tls if tls is not None else True)
        self.closed = ''
        await self._send(Hello(protocol=VERSION, resume=resume,
                               client=f'flywheel/{__version__}'))
        answer = await self._ws.receive()
        if answer.type is not aiohttp.WSMsgType.TEXT:
            raise RelayError(f'no video: refused ({answer.extra or self._ws.close_code})')

    async def close(self) -> None:
        """Disconnect."""
        self.closed = self.closed or 'closed'
        if self._ws is not None:
            await self._ws.close()
        if self._http is not None:
            await self._http.close()
        self._ws = self._http = None

    async def want(self, width: int = 0, rate: float = 0.0) -> None:
        """Say what is of use from now on: pixels and frames per second at most, 0 for any."""
        await self._send(Want(width=width, rate=rate))

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield frames as they come until the connection ends; always the newest there is."""
        while (frame := await self._receive()) is not None:
            yield frame
            await self._displayed(frame)

    async def _receive(self) -> Frame | None:
        """Return the next frame in a codec that we know, None when the connection has ended."""
        while self._ws is not None:
            message = await self._ws.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                header, picture = _unpacked(message.data)
                if header.codec == Codec.JPEG:
                    return Frame(header, picture, time.monotonic_ns())
                self.skipped += 1
            elif message.type is not aiohttp.WSMsgType.TEXT:
                words = message.extra or 'closed'
                self.closed = self.closed or f'{words} ({self._ws.close_code})'
                return None
        return None

    async def _displayed(self, frame: Frame) -> None:
        self.newest = frame
        self.count += 1
        await self._send(Ack(frame=frame.header.capture_id, t_received=frame.received_ns,
                             t_displayed=time.monotonic_ns()))

    async def _send(self, message: Hello | Want | Ack) -> None:
        if self._ws is None or self.closed:
            raise RelayError(f'the video is gone: {self.closed}')
        try:
            await self._ws.send_str(encode(message))
        except ConnectionError as error:
            self.closed = str(error) or 'connection lost'
            raise RelayError(f'the video is gone: {self.closed}') from None


def _unpacked(data: bytes) -> tuple[Header, bytes]:
    try:
        return unpack(data)
    except WireError as error:
        raise RelayError(f'this is no video of a relay: {error}') from None
