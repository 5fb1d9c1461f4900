"""A client's WebSocket to a relay: hello, questions and their answers, messages as they come."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import os
import ssl
from typing import Any

import aiohttp
from yarl import URL

from flywheel_nodes import __version__
from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.teleop import answers, codec, protocol
from flywheel_nodes.core.teleop.answers import Answer
from flywheel_nodes.core.teleop.asks import Ask, Hello
from flywheel_nodes.core.teleop.protocol import Login, Rejected
from flywheel_nodes.core.teleop.sayings import lets_nobody_in, LOGIN, REJECT

LOOPBACK = ('127.0.0.1', '::1', 'localhost')
TIMEOUT_S = 5.0
CLOSING_S = 2.0
HEARTBEAT_S = 10.0
# What the answers are to that do not say so.
_ANSWERS: Mapping[type[Answer], tuple[str, ...]] = {
    answers.Grant: ('claim', 'take'), answers.Deny: ('claim', 'take'),
    answers.Ended: ('release',), answers.HelpPicture: ('help_picture',)}
_STATUS: Mapping[int, Login] = {403: Login.ORIGIN, 429: Login.TRIES, 503: Login.FULL}


class Link:
    """
    One connection.

    lost: why there is no connection, '' while there is one; asked: the messages that wait for an
    answer, by type; unreadable: how many messages of the relay could not be read.
    """

    def __init__(self, on_message: Callable[[Answer], Awaitable[None]],
                 on_lost: Callable[[], Awaitable[None]]) -> None:
        """Begin unconnected; the callbacks are called in the event loop."""
        self.lost = 'not connected'
        self.asked: dict[str, asyncio.Future[Answer]] = {}
        self.unreadable = 0
        self._on_message = on_message
        self._on_lost = on_lost
        self._http: aiohttp.ClientSession | None = None
        self._ws: Any = None
        self._receiving: asyncio.Task[None] | None = None

    async def open(self, url: str, *, token: str = '', resume: str = '',
                   tls: ssl.SSLContext | None = None) -> answers.Welcome:
        """Connect, say hello and return the welcome; raises RelayError."""
        target = _target(url)
        if target.scheme != 'wss' and target.host not in LOOPBACK:
            raise RelayError(f'{url}: a token does not travel without TLS: use wss:// or a tunnel')
        hello = Hello(protocol=protocol.VERSION, token=token, resume=resume,
                      client=f'flywheel/{__version__}')
        self._http = aiohttp.ClientSession()
        try:
            welcome = await asyncio.wait_for(self._greet(target, hello, tls), TIMEOUT_S)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError) as error:
            await self.close()
            raise RelayError(f'{url}: {_why(error)}') from None
        except BaseException:
            await self.close()
            raise
        self._receiving = asyncio.ensure_future(self._receive())
        return welcome

    async def _greet(self, target: URL, hello: Hello,
                     tls: ssl.SSLContext | None) -> answers.Welcome:
        assert self._http is not None
        self._ws = await self._http.ws_connect(
            target, heartbeat=HEARTBEAT_S, ssl=tls if tls is not None else True,
            max_msg_size=codec.MAX_ANSWER_BYTES + 1,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING_S))
        self.lost = ''
        await self.send(hello)
        first = await self._ws.receive()
        if first.type is not aiohttp.WSMsgType.TEXT:
            raise RelayError(lets_nobody_in(*self._closing(first)))
        welcome = self._read(first.data)
        if not isinstance(welcome, answers.Welcome):
            raise RelayError(f'{target}: this is no relay: it said no welcome')
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
        """Disconnect, within a few seconds whatever the relay does."""
        await self._lose('closed')
        if self._ws is not None:
            await self._ws.close()  # first: what waits in wait_for() may swallow a cancellation
        if self._receiving:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)
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

    async def send(self, ask: Ask) -> None:
        """Send a message; raises RelayError when the connection is gone or takes nothing."""
        self.check()
        try:
            await asyncio.wait_for(self._ws.send_str(codec.encode(ask)), TIMEOUT_S)
        except (ConnectionError, aiohttp.ClientError) as error:
            await self._lose(str(error))
            raise self._gone() from None
        except asyncio.TimeoutError:
            await self._lose('it takes nothing any more')
            raise self._gone() from None

    async def ask(self, ask: Ask) -> Answer:
        """
        Send a message and return its answer; nothing else asked before holds it up.

        :raises RelayError: when it is refused, not answered, or of a type that is being asked
        """
        kind = ask.kind
        if kind in self.asked:
            raise RelayError(f'{kind}: the last one is not answered yet')
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.asked[kind] = future
        try:
            await self.send(ask)
            answer = await asyncio.wait_for(future, TIMEOUT_S)
        except asyncio.TimeoutError:
            raise RelayError(f'{kind}: the relay does not answer') from None
        finally:
            del self.asked[kind]
        if isinstance(answer, answers.Reject):
            because = REJECT.get(answer.reason, 'of a reason this client does not know')
            raise RelayError(f'{kind}: refused by the relay ({answer.reason}): {because}')
        return answer

    async def _receive(self) -> None:
        message = await self._ws.receive()
        while message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            answer = self._read(message.data)
            if answer is not None:
                await self._on_message(answer)
                self._answer(answer)
            message = await self._ws.receive()
        await self._lose(self._farewell(message))

    def _read(self, data: str | bytes) -> Answer | None:
        """Return a message, None for one of later days or one that cannot be read."""
        try:
            return codec.decode_answer(data) if isinstance(data, str) else None
        except Rejected:
            self.unreadable += 1
            return None

    def _answer(self, answer: Answer) -> None:
        """Hand an answer to who asked for it."""
        if isinstance(answer, (answers.Accepted, answers.Reject)):
            kinds: tuple[str, ...] = (answer.of,)
        else:
            kinds = _ANSWERS.get(type(answer), ())
        for future in filter(None, map(self.asked.get, kinds)):
            if not future.done():
                future.set_result(answer)


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
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return ('the relay hung up: it may ask for a certificate (--certificate), or for wss://, '
                'or have too many connections')
    if isinstance(error, OSError):
        # Below 0 are the resolver's numbers, which only its own words explain.
        number = error.errno or 0
        return f'no relay answers ({os.strerror(number) if number > 0 else error.strerror})'
    return 'this is no relay'
