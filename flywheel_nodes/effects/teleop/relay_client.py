"""
A client of a relay: docs/client.md shows it in use, docs/protocol.md tells what it speaks.

    async with RelayClient() as client:
        await client.connect(url, token)
        await client.claim(sight='direct')
        await client.hold({'vx': 0.4}, seconds=2.0)
        await client.release('stuck', 'success')
        await client.back_to_policy()

Axes are shares of each limit in -1..1. The lease is renewed in the background; everything that
moves the robot is up to the caller, who must go on calling drive(), hold() or steer().
"""

import asyncio
from base64 import b64decode
import binascii
from collections import deque
from collections.abc import Awaitable, Callable
import contextlib
import ssl
import time

from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.teleop import answers, asks, protocol
from flywheel_nodes.core.teleop.answers import Answer, State, Welcome
from flywheel_nodes.effects.teleop.relay_driving import Axes, Driving, LeaseDeniedError
from flywheel_nodes.effects.teleop.relay_link import Link, TIMEOUT_S
from flywheel_nodes.effects.teleop.video_client import VideoClient

__all__ = ['Axes', 'LeaseDeniedError', 'RelayClient', 'RelayError']

ASK_AGAIN_S = 0.5
Token = str | Callable[[], str] | Callable[[], Awaitable[str]]


class RelayClient(Driving):
    """
    One operator's way to a relay.

    round_trip_s: the newest measured; rejects: the relay's newest refusals; and what Driving and
    Watch tell.
    All methods wait for a few seconds at most and raise RelayError when the connection is gone,
    the relay refuses or does not answer.
    """

    def __init__(self) -> None:
        """Begin unconnected."""
        super().__init__()
        self.round_trip_s: float | None = None
        self.rejects: deque[answers.Reject] = deque(maxlen=50)
        self._welcome: Welcome | None = None
        self._url = ''
        self._tls: ssl.SSLContext | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> 'RelayClient':
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- connection -----------------------------------------------------------------------------

    @property
    def welcome(self) -> Welcome:
        """What the relay said first: robot, scope, axes, joints, limits."""
        if self._welcome is None:
            raise RelayError('not connected: connect() first')
        return self._welcome

    async def connect(self, url: str, token: Token, tls: ssl.SSLContext | None = None) -> Welcome:
        """
        Connect, say hello and return the relay's welcome.

        :param url: ws://HOST:PORT/control; without TLS only to this machine
        :param token: as `flywheel token` prints it, good for one connection; or what gives one
        :param tls: whom to trust, and the client's certificate where the relay wants one
        """
        if callable(token):
            given = token()
            token = given if isinstance(given, str) else await given
        self._url, self._tls = url, tls
        return await self._open(token=token)

    async def reconnect(self) -> Welcome:
        """
        Come back to watch, without a token: never with a lease, and only with scope view.

        To drive again, connect() with a fresh token.
        """
        if not self.welcome.resume:
            raise RelayError('the relay gave no secret to come back with: connect() again')
        return await self._open(resume=self.welcome.resume)

    async def _open(self, token: str = '', resume: str = '') -> Welcome:
        await self.close()
        self._link = Link(self._take, self._lost)
        self._welcome = await self._link.open(self._url, token=token, resume=resume,
                                              tls=self._tls)
        self._tasks = [
            asyncio.ensure_future(self._keep_lease(self._welcome.limits.lease_ttl)),
            asyncio.ensure_future(self._measure())]
        return self._welcome

    async def close(self) -> None:
        """Disconnect; a lease still held ends as aborted."""
        await self._link.close()  # first: the tasks end with it even if they miss the cancellation
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def watch(self, video: VideoClient, camera: str = '', *, width: int = 0,
                    rate: float = 0.0) -> None:
        """
        Connect a viewer with a camera; what it displays, all that drives names from now on.

        :param camera: a name of welcome.cameras, '' for the first
        :param width: the widest picture that is of use in pixels, 0 for any
        :param rate: frames per second that are of use, 0 for any
        """
        cameras = self.welcome.cameras
        if not camera and not cameras:
            raise RelayError(f'{self.welcome.robot} has no camera to watch')
        await video.connect(self._url, camera or cameras[0], self.welcome.resume, width=width,
                            rate=rate, tls=self._tls)
        self.video = video

    # --- what anybody may ask -------------------------------------------------------------------

    async def stop(self) -> None:
        """Stop the robot; needs neither lease nor a scope beyond view."""
        await self._link.ask(asks.Stop())

    async def resume(self) -> None:
        """
        Ask the arbiter to clear a stop, or else to let the policy drive.

        The arbiter decides: watch state.mode, and events for why it refused.
        """
        await self._link.ask(asks.Resume())

    async def back_to_policy(self, timeout_s: float = TIMEOUT_S) -> State:
        """Ask for a resume until the policy drives, and return that state."""
        end = time.monotonic() + timeout_s
        while self.state.mode != 'policy':
            await self.resume()
            with contextlib.suppress(asyncio.TimeoutError):
                return await self.wait_for(lambda s: s.mode == 'policy', ASK_AGAIN_S)
            if time.monotonic() > end:
                raise RelayError(
                    f'the policy does not drive: {self.refused or self.state.reason}')
        return self.state

    async def accept(self, help_id: str) -> None:
        """Take care of a request for help; the lease is claimed apart from it."""
        await self._link.ask(asks.HelpAccept(id=help_id))

    async def dismiss(self, help_id: str) -> None:
        """End a request for help that needs nobody."""
        await self._link.ask(asks.HelpDismiss(id=help_id))

    async def picture(self, help_id: str) -> bytes:
        """Return the JPEG that a camera showed when the robot asked for help."""
        answer = await self._link.ask(asks.HelpPicture(id=help_id))
        try:
            assert isinstance(answer, answers.HelpPicture)
            return b64decode(answer.picture, validate=True)
        except binascii.Error:
            raise RelayError('the picture of the help request cannot be read') from None

    # --- what the relay says --------------------------------------------------------------------

    async def _take(self, message: Answer) -> None:
        match message:
            case answers.Ping():
                now = time.monotonic_ns()
                await self._link.send(asks.Pong(t0=message.t0, t1=now, t2=now))
            case answers.Pong():
                took = time.monotonic_ns() - message.t0 - (message.t2 - message.t1)
                self.round_trip_s = max(0, took) / 1e9
            case answers.Reject():
                self.rejects.append(message)
            case _:
                await super()._take(message)

    # --- in the background ----------------------------------------------------------------------

    async def _measure(self) -> None:
        with contextlib.suppress(RelayError):
            while self.connected:
                await self._link.send(asks.Ping(t0=time.monotonic_ns()))
                await asyncio.sleep(protocol.PING_PERIOD_NS / 1e9)
