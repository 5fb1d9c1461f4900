"""A client's WebSocket to a relay: hello, questions and their answers, messages as they come."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import json
import os
from typing import Any

import aiohttp
from yarl import URL

from flywheel_nodes import __version__
from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.teleop import protocol
from flywheel_nodes.core.teleop.protocol import Login
from flywheel_nodes.core.teleop.sayings import lets_nobody_in, LOGIN

LOOPBACK = ('127.0.0.1', '::1', 'localhost')
TIMEOUT_S = 5.0
HEARTBEAT_S = 10.0
Message = dict[str, Any]
# What the answers are to that do not say so.
_ANSWERS: Mapping[str, str] = {'grant': 'claim', 'deny': 'claim', 'ended': 'release'}
_STATUS: Mapping[int, Login] = {403: Login.ORIGIN, 503: Login.FULL}


class Link:
    """
    One connection.

    lost: why there is no connection, '' while there is one; asked: the messages that wait for an
    answer, by type.
    """

    def __init__(self, on_message: Callable[[Message], Awaitable[None]],
                 on_lost: Callable[[], Awaitable[None]]) -> None:
        """Begin unconnected; the callbacks are called in the event loop."""
        self.lost = 'not connected'
        self.asked: dict[str, asyncio.Future[Message]] = {}
        self._on_message = on_message
        self._on_lost = on_lost
        self._http: aiohttp.ClientSession | None = None
        self._ws: Any = None
        self._receiving: asyncio.Task[None] | None = None

    async def open(self, url: str, token: str) -> Message:
        """Connect, say hello and return the welcome; raises RelayError."""
        target = _target(url)
        if target.scheme != 'wss' and target.host not in LOOPBACK:
            raise RelayError(f'{url}: a token does not travel without TLS: use wss:// or a tunnel')
        self._http = aiohttp.ClientSession()
        try:
            welcome = await asyncio.wait_for(self._greet(target, token), TIMEOUT_S)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError) as error:
            await self.close()
            raise RelayError(f'{url}: {_why(error)}') from None
        except RelayError:
            await self.close()
            raise
        self._receiving = asyncio.ensure_future(self._receive())
        return welcome

    async def _greet(self, target: URL, token: str) -> Message:
        assert self._http is not None
        self._ws = await self._http.ws_connect(target, heartbeat=HEARTBEAT_S)
        self.lost = ''
        await self.send('hello', token=token, protocol=protocol.VERSION,
                        client=f'flywheel/{__version__}')
        answer = await self._ws.receive()
        if answer.type is not aiohttp.WSMsgType.TEXT:
            raise RelayError(lets_nobody_in(*self._closing(answer)))
        welcome: Message = json.loads(answer.data)
        return welcome

    def _farewell(self, message: Any) -> str:
        """Return the words of a closing message and its code, as a text."""
        words, code = self._closing(message)
        return f'{words or "closed"} ({code})'

    def _closing(self, message: Any) -> tuple[str, int]:
        """Return the words of a closing message and its code."""
        code = message.data if message.type is aiohttp.WSMsgType.CLOSE else self._ws.close_code
        return str(message.extra or ''), code

    async def close(self) -> None:
        """Disconnect."""
        await self._lose('closed')
        if self._receiving:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)
        if self._ws is not None:
            await self._ws.close()
        if self._http is not None:
            await self._http.close()
        self._receiving = self._ws = self._http = None

    async def _lose(self, because: str) -> None:
        self.lost = self.lost or because
        for future in self.asked.values():
            if not future.done():
                future.set_exception(self._gone())
                future.exception()  # seen, even if its sender has given up waiting
        await self._on_lost()

    def check(self) -> None:
        """Raise RelayError unless connected."""
        if self.lost:
            raise self._gone()

    def _gone(self) -> RelayError:
        return RelayError(f'the connection to the relay is gone: {self.lost}')

    # --- messages -------------------------------------------------------------------------------

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a message; raises RelayError when the connection is gone."""
        self.check()
        try:
            await self._ws.send_str(json.dumps({'type': kind, **fields}))
        except ConnectionError as error:
            await self._lose(str(error))
            raise self._gone() from None

    async def ask(self, kind: str, **fields: Any) -> Message:
        """
        Send a message and return its answer; nothing else asked before holds it up.

        :raises RelayError: when it is refused, not answered, or of a type that is being asked
        """
        if kind in self.asked:
            raise RelayError(f'{kind}: the last one is not answered yet')
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.asked[kind] = future
        try:
            await self.send(kind, **fields)
            answer = await asyncio.wait_for(future, TIMEOUT_S)
        except asyncio.TimeoutError:
            raise RelayError(f'{kind}: the relay does not answer') from None
        finally:
            del self.asked[kind]
        if answer['type'] == 'reject':
            raise RelayError(f'{kind}: refused by the relay ({answer["reason"]})')
        return answer

    async def _receive(self) -> None:
        message = await self._ws.receive()
        while message.type is aiohttp.WSMsgType.TEXT:
            content = json.loads(message.data)
            await self._on_message(content)
            future = self.asked.get(_asked(content))
            if future and not future.done():
                future.set_result(content)
            message = await self._ws.receive()
        await self._lose(self._farewell(message))


def _target(url: str) -> URL:
    try:
        target = URL(url)
    except ValueError:
        target = URL()
    if target.scheme not in ('ws', 'wss') or not target.host:
        raise RelayError(f'{url}: no address of a relay: give one like '
                         f'ws://127.0.0.1:8765{protocol.PATH}')
    return target


def _why(error: Exception) -> str:
    """Return in plain words why there is no connection."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        login = _STATUS.get(error.status)
        return LOGIN[login] if login else f'this is no relay (HTTP {error.status})'
    if isinstance(error, asyncio.TimeoutError):  # an OSError, too, from Python 3.11 on
        return 'no relay answers (time-out)'
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError)):
        return 'the TLS certificate of the relay is not trusted here'
    if isinstance(error, OSError):
        # Below 0 are the resolver's numbers, which only its own words explain.
        number = error.errno or 0
        return f'no relay answers ({os.strerror(number) if number > 0 else error.strerror})'
    return 'this is no relay'


def _asked(message: Message) -> str:
    """Return the type of what a message answers, '' when it is no answer."""
    return str(message.get('of', _ANSWERS.get(message['type'], '')))
